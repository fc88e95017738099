"""`{% sender %}`: the field by which a form says for whom its page was drawn (`accounts.drafts`)."""

from __future__ import annotations

from django import forms, template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from attribution_portal.accounts import drafts

register = template.Library()


@register.simple_tag(takes_context=True)
def sender(context: Context) -> SafeString:
    """Marked where the form, `form`, was sent before: what stands in it was typed, though its page came with it."""
    form = context.get("form")
    typed = " data-typed" if isinstance(form, forms.Form) and form.is_bound else ""
    return format_html(
        '<input type="hidden" name="{}" value="{}"{}>', drafts.SENDER, drafts.sender(context["user"]), typed
    )
