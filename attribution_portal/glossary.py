"""What every number means: the one glossary that pages and exports use.

A term is looked up by its key, which for a headline number is the KPI's name. Nothing here knows Django's
templates.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Term:
    """One definition. `formula` is how the number comes about, in words; empty where nothing is computed."""

    key: str
    label: Text
    definition: Text
    formula: Text = ""


class UnknownTermError(KeyError):
    """A template or a KPI names a term that has no definition: every number must have one."""


_TERMS = (
    Term(
        "revenue",
        _("Revenue"),
        _("What buyers paid, in the partner's currency, as the platform measured it for what this panel covers."),
        _("Sum of the rows in this panel."),
    ),
    Term(
        "purchases",
        _("Purchases"),
        _("How many orders were placed. One order may hold several tickets."),
        _("Sum of the rows in this panel."),
    ),
    Term(
        "customers",
        _("Customers"),
        _("People of the package who bought. A person may be in two clusters, so the total is “at most”."),
        _("Sum of the customers of all clusters."),
    ),
    Term(
        "items",
        _("Items"),
        _("Tickets and other items that these customers bought."),
        _("Sum of the items of all clusters."),
    ),
    Term(
        "spend",
        _("Ad spend"),
        _("What was paid for delivering the ads."),
    ),
    Term(
        "roas",
        _("ROAS"),
        _("Return on ad spend: how much revenue came back for each unit of money spent on ads."),
        _("Revenue ÷ ad spend"),
    ),
    Term(
        "impressions",
        _("Impressions"),
        _("How often the ads were shown. One person may have seen them several times."),
    ),
    Term(
        "clicks",
        _("Clicks"),
        _("How often somebody clicked an ad."),
    ),
    Term(
        "ctr",
        _("Click-through rate"),
        _("The share of impressions that led to a click."),
        _("Clicks ÷ impressions"),
    ),
    Term(
        "cpc",
        _("Cost per click"),
        _("What one click cost on average."),
        _("Ad spend ÷ clicks"),
    ),
    Term(
        "average_value",
        _("Average purchase"),
        _("What one purchase was worth on average."),
        _("Revenue ÷ purchases"),
    ),
    Term(
        "cost_per_purchase",
        _("Cost per purchase"),
        _("What was spent on ads for each purchase that is credited to them."),
        _("Ad spend ÷ adjustment purchases"),
    ),
    Term(
        "revenue_share",
        _("Share of the event's revenue"),
        _(
            "How the adjustments compare with all that the event sold, as measured. The platform does not tell whether"
            " they are part of it, so this may be a part or something on top."
        ),
        _("Adjustment revenue ÷ measured revenue, all days"),
    ),
    Term(
        "revenue_during",
        _("Revenue in the campaign's days"),
        _("What the event sold on the compared days of the campaign, whoever brought it about."),
        _("Sum of the measured revenue of these days"),
    ),
    Term(
        "purchases_during",
        _("Purchases in the campaign's days"),
        _("How many orders were placed on the compared days of the campaign, whoever brought them about."),
        _("Sum of the measured purchases of these days"),
    ),
    Term(
        "reach_estimate",
        _("Estimated reach"),
        _("How many people of the cluster the platform expects that ads can reach. An estimate, not a count."),
    ),
    Term(
        "size_share",
        _("Share of the audience"),
        _("The cluster's part of all people that the platform considered for this event."),
    ),
    Term(
        "metric_pred",
        _("Prediction"),
        _(
            "The platform's own prediction for the cluster (metric_pred): higher is more promising. Its unit is not"
            " documented, so it is only good for comparing the clusters of one event."
        ),
    ),
    Term(
        "meta_revenue",
        _("Revenue, as Meta reports it"),
        _(
            "What Meta credits to its ads for this event. Meta counts by its own rules, so it differs from what the"
            " platform measured and from sales adjustments."
        ),
    ),
    Term(
        "meta_purchases",
        _("Purchases, as Meta reports them"),
        _("How many purchases Meta credits to its ads for this event, by its own rules."),
    ),
    Term(
        "adjustment_revenue",
        _("Adjustment revenue"),
        _(
            "Revenue of the campaign results (“sales adjustments”) that were attached to this event, "
            "by the platform's"
            " attribution job or by a person. The platform does not tell whether it is already part "
            "of the measured sales."
        ),
        _("Sum of the revenue of all adjustment rows."),
    ),
    Term(
        "adjustment_purchases",
        _("Adjustment purchases"),
        _(
            "Purchases in the campaign results (“sales adjustments”) that were attached to this "
            "event, by the platform's"
            " attribution job or by a person."
        ),
        _("Sum of the purchases of all adjustment rows."),
    ),
    Term(
        "campaign_revenue",
        _("Campaign revenue"),
        _("The part of the measured revenue that the event's attribution model credits to campaigns."),
    ),
    Term(
        "organic_revenue",
        _("Organic revenue"),
        _("The part of the measured revenue that no campaign is credited with. Known only where the split is known."),
        _("Revenue − campaign revenue"),
    ),
    Term(
        "rate",
        _("Conversion rate"),
        _(
            "The share of a cluster's people who bought within the window. Shown only where the size "
            "of the cluster"
            " is known; the range beside it is the 95 % Wilson interval."
        ),
        _("Customers ÷ people in the cluster"),
    ),
    Term(
        "revenue_per_customer",
        _("Revenue per customer"),
        _("What one buying customer of the cluster spent on average."),
        _("Revenue ÷ customers"),
    ),
    Term(
        "share",
        _("Share"),
        _("The cluster's part of the revenue of all clusters."),
        _("Cluster revenue ÷ revenue of all clusters"),
    ),
    Term(
        "attribution_window",
        _("Attribution window"),
        _("How many whole days after the e-mail date a purchase still counts for the package."),
    ),
    Term(
        "email_sent_date",
        _("E-mail date"),
        _("The day on which the message with this package went out. The attribution window starts here."),
    ),
    Term(
        "package_model",
        _("Package attribution model"),
        _(
            "Which purchases count for a package: any purchase of its people, only those for events "
            "in the package,"
            " or those for events of the same series."
        ),
    ),
    Term(
        "event_model",
        _("Event attribution model"),
        _(
            "How the daily chart of one event splits its sales between campaigns and organic. It has "
            "nothing to do with"
            " the model of a package."
        ),
    ),
    Term(
        "adjustment",
        _("Sales adjustment"),
        _(
            "A campaign result attached to an event after the fact. It has a day of creation, but the"
            " platform gives no"
            " day of sale."
        ),
    ),
    Term(
        "cluster",
        _("Taste cluster"),
        _("A group of people with a similar taste in events, found by the platform."),
    ),
    Term(
        "provisional",
        _("Provisional"),
        _("The attribution window is still open, so the result can grow."),
    ),
    Term(
        "expected_sales",
        _("Expected sales"),
        _(
            "The share of the capacity that the platform expects to be sold, beside its benchmark: what comparable"
            " events reach."
        ),
    ),
    Term(
        "portfolio_revenue",
        _("Revenue"),
        _("What buyers paid for all of the partner's events, as the platform adds it up."),
    ),
    Term(
        "running_events",
        _("Running events"),
        _("Events for which a campaign runs now, as the platform counts them."),
    ),
    Term(
        "running_campaigns",
        _("Running campaigns"),
        _("Campaigns that run now, over all events, as the platform counts them. An event may have several."),
    ),
    Term(
        "flagged",
        _("Flagged events"),
        _("Events that the platform marks as wanting attention."),
    ),
    # How far polling has come, for those who operate the portal.
    Term(
        "polling_due",
        _("Due now"),
        _("Packages that are to be read by now and that no worker has taken. Those of parked partners do not count."),
    ),
    Term(
        "polling_in_flight",
        _("Being read"),
        _("Packages that a worker has taken and not given back yet."),
    ),
    Term(
        "polling_read",
        _("Read in 5 minutes"),
        _("Packages that were read well at least once in the last five minutes."),
    ),
    Term(
        "polling_failed",
        _("Failed in 5 minutes"),
        _("Packages whose last reading failed and was in the last five minutes."),
    ),
    Term(
        "polling_oldest",
        _("Oldest due"),
        _("Since when the package has been due that waits longest."),
    ),
    Term(
        "polling_reads_left",
        _("Reads left"),
        _("How many reads polling may make in this minute: the smallest number among the partners that have work."),
        _(
            "Four fifths of the reads a minute that a partner has, less those of the last 60 seconds, people's"
            " included."
        ),
    ),
)
TERMS = {term.key: term for term in _TERMS}


def term(key: str) -> Term:
    """The definition of `key`; raises UnknownTermError: a number without a definition must not be shown."""
    try:
        return TERMS[key]
    except KeyError:
        raise UnknownTermError(f"the glossary has no term {key!r}") from None
