"""German is complete: every text is found, has a German one that can be filled in, and reaches the pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings as django_settings
from django.test import Client
from django.utils.translation.template import templatize
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.polling import engine
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import TODAY, Partners
from tests.pages import Shown, read

ROOT = Path(__file__).parent.parent
GERMAN = ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po"
# Which arguments are texts, as Babel writes it down.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")

Text = str | tuple[str, ...]
Open = Callable[[str], Shown]


def python_files() -> list[Path]:
    return sorted((ROOT / "attribution_portal").rglob("*.py"))


def found(source: str) -> set[Text]:
    """The texts that makemessages finds in a piece of Python."""
    options = {"encoding": "utf-8"}
    return {each[1] for each in extract("python", BytesIO(source.encode()), keywords=KEYWORDS, options=options)}


def in_python() -> set[Text]:
    return {text for path in python_files() for text in found(path.read_text(encoding="utf-8"))}


def in_templates() -> set[Text]:
    """A template becomes Python first, as makemessages does it; its indentation means nothing there."""
    texts = set()
    for path in sorted([*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]):
        lines = templatize(path.read_text(encoding="utf-8"), str(path)).splitlines()
        texts |= found("\n".join(line.strip() for line in lines))
    return texts


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call of something named gettext, wherever it stands: also inside an f-string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in KEYWORDS:
                yield name, node


def key(message: Message) -> Text:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def both(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return strings(message.id), strings(message.string)


def strings(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with GERMAN.open("rb") as file:
        return read_po(file, locale="de")


@pytest.fixture(scope="module")
def entries(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def test_every_text_of_the_portal_is_in_the_catalogue_and_nothing_else(entries: list[Message]) -> None:
    texts = in_python() | in_templates()
    known = {key(message) for message in entries}
    new, gone = texts - known, known - texts
    assert not new, f"run makemessages and say these in German, see CONTRIBUTING.md: {new}"
    assert not gone, f"run makemessages: nobody says these any more: {gone}"


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_is_hidden_from_makemessages(path: Path) -> None:
    """It reads no f-string, no alias and no variable: a text behind one of them is never translated."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    formatted = {id(node) for each in ast.walk(tree) if isinstance(each, ast.JoinedStr) for node in ast.walk(each)}
    called = set()
    for name, call in calls(tree):
        called.add(id(call.func))
        texts = call.args[: 2 if KEYWORDS[name] else 1]
        plain = all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in texts)
        assert plain, f"line {call.lineno}: {name} takes a text in plain quotes"
        assert id(call) not in formatted, f"line {call.lineno}: take {name} out of the f-string"
    handed_on = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in KEYWORDS}
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if name in KEYWORDS and name != "_" and isinstance(getattr(node, "ctx", None), ast.Load):
            assert id(node) in called | handed_on, f"line {node.lineno}: call {name} by its own name"


def test_every_text_has_its_german_one(catalogue: Catalog, entries: list[Message]) -> None:
    assert catalogue.num_plurals == 2
    for message in entries:
        assert all(strings(message.string)), f"no German for {message.id!r}"
        assert not message.fuzzy, f"the German for {message.id!r} is only a guess"
        assert len(strings(message.string)) == len(strings(key(message))), message.id


def test_the_german_texts_hold_the_same_placeholders_and_can_be_filled_in(entries: list[Message]) -> None:
    for message in entries:
        given = set(PLACEHOLDER.findall(" ".join(strings(key(message)))))
        for english, german in zip(strings(key(message)), strings(message.string), strict=True):
            # "one event" may be "1 Event" and the other way round; nothing else may be left out or added.
            wanted = set(PLACEHOLDER.findall(german))
            assert set(PLACEHOLDER.findall(english)) - {"%(n)s"} <= wanted <= given, message.id
            assert wanted == given or len(strings(message.string)) == 2, message.id
            assert (german[:1].isspace(), german[-1:].isspace()) == (False, False), message.id
            if "python-format" in message.flags:
                filled = german % {name[2:-2]: "…" for name in wanted}
                assert "%%" not in filled, message.id


@pytest.fixture(scope="module")
def compiled(catalogue: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue as it is now, whatever was compiled before."""
    folder = tmp_path_factory.mktemp("locale")
    target = folder / "de" / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, catalogue)
    return folder


@pytest.fixture
def german(compiled: Path, settings: Settings) -> None:
    settings.LOCALE_PATHS = [compiled]


@pytest.fixture
def page(german: None, sandbox: Sandbox, partners: Partners, alice: User) -> Iterator[Open]:
    """Opens a page as somebody whose browser asks for German, on the sandbox's day and with its packages read."""
    client = Client(HTTP_ACCEPT_LANGUAGE="de")
    client.force_login(alice)
    with time_machine.travel(datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC)):
        engine.list_packages(partner=partners.acme)
        for chunk in engine.claim_due(now=datetime.now(UTC), capacity=1000):
            engine.poll_chunk(chunk)

        def open_(path: str) -> Shown:
            response = client.get(f"/p/partner-id-acme/{path}")
            assert response.status_code == 200
            return read(response)

        yield open_


def titles(shown: Shown) -> dict[str, str]:
    panels = [section for section in shown.root.all("section") if section.get("data-panel")]
    return {panel["data-panel"]: panel.one("h2").text for panel in panels}


def kpi(shown: Shown, panel: str, name: str) -> str:
    return shown.panel(panel).one("data", data_kpi=name).text


@pytest.mark.django_db
def test_an_events_page_is_german(page: Open) -> None:
    shown = page("events/evt_closed/")
    assert shown.root.one("html")["lang"] == "de"
    assert titles(shown) == {
        "event-kpis": "Kennzahlen",
        "daily-revenue": "Tagesumsatz",
        "demand": "Nachfrage",
        "adjustments": "Anpassungen",
        "campaigns": "Kampagnen",
        "series": "Serie",
        "packages": "Pakete",
        "event-model": "Attributionsmodell dieses Events",
    }
    assert kpi(shown, "event-kpis", "adjustment_revenue") == "9.990,90 €"
    assert shown.figure()["layout"]["separators"] == ",."


@pytest.mark.django_db
def test_a_campaign_page_is_german(page: Open) -> None:
    shown = page("campaigns/evt_closed/")
    assert shown.root.one("html")["lang"] == "de"
    assert titles(shown) == {
        "post-campaign": "Performance nach der Kampagne",
        "adjustments": "Anpassungen",
        "campaigns": "Kampagnen",
        "meta": "Meta",
        "sources": "Angaben der einzelnen Quellen",
        "balance": "Was wem zugerechnet wird",
        "before-during": "Vor und während der Kampagne",
    }
    assert kpi(shown, "post-campaign", "revenue") == "9.990,90 €"
    assert kpi(shown, "post-campaign", "roas") == "0,44"


@pytest.mark.django_db
def test_a_package_page_is_german(page: Open) -> None:
    shown = page("packages/pkg_main/")
    assert shown.root.one("html")["lang"] == "de"
    assert titles(shown) == {
        "evaluation": "Auswertung",
        "clusters": "Nach Cluster",
        "ledger": "Bisherige Ergebnisse",
        "settings": "Einstellungen",
        "comparison": "Andere Modelle und Fenster",
        "sign-off": "Freigabe",
    }
    assert kpi(shown, "evaluation", "revenue") == "22.042,86 €"
    assert "vom 7. Juni bis 21. Juni 2026 für die 6 Events aus dem Paket" in shown.panel("evaluation").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["events/evt_closed/", "campaigns/evt_closed/", "campaigns/", "packages/pkg_main/", "packages/", ""]
)
def test_no_english_remains_on_a_german_page(page: Open, entries: list[Message], path: str) -> None:
    text = page(path).root.text
    said = [(english, german) for message in entries for english, german in zip(*both(message), strict=True)]
    english = [each for each, german in said if each != german and len(each) > 12 and "%" not in each]
    assert len(english) > 300
    assert [each for each in english if each in text] == []


@pytest.mark.django_db
def test_the_sign_in_page_is_german(german: None, client: Client) -> None:
    shown = read(client.get("/account/login/", HTTP_ACCEPT_LANGUAGE="de-AT,de;q=0.9,en;q=0.5"))
    assert shown.root.one("html")["lang"] == "de"
    assert shown.root.one("h1").text == "Anmelden"
    assert [label.text for label in shown.root.one("form", data_form="sign-in").all("label")] == [
        "E-Mail-Adresse",
        "Passwort",
    ]


def test_the_catalogue_is_where_the_portal_looks() -> None:
    assert [Path(path) for path in django_settings.LOCALE_PATHS] == [GERMAN.parents[2]]
