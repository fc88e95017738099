"""The fictional season: artists, venues and taste clusters that the demo partners' events and packages draw from."""

from __future__ import annotations

from attribution_portal.sandbox.events import Venue

SPREEWERK = Venue("Spreewerk Arena", "Große Halle", "Berlin", 8200)
LICHTHOF = Venue("Lichthof am Kanal", None, "Berlin", 1150)
ISARHALLE = Venue("Isarhalle", "Main Hall", "München", 12000)
GLASPALAST = Venue("Glaspalast Nord", "Saal 2", "München", 2400)
ELBKONTOR = Venue("Elbkontor", "Deck 7", "Hamburg", 3600)
SPEICHER = Venue("Speicher Neun", None, "Hamburg", 900)
RHEINDOCK = Venue("Rheindock", "Halle West", "Köln", 4500)
KLANGKELLER = Venue("Klangkeller Süd", None, "Köln", 650)
DONAUSTADL = Venue("Donaustadl", "Großer Saal", "Wien", 5200)
VENUES = (
    SPREEWERK,
    LICHTHOF,
    ISARHALLE,
    GLASPALAST,
    ELBKONTOR,
    SPEICHER,
    RHEINDOCK,
    KLANGKELLER,
    DONAUSTADL,
)

HIKARI_DOME = Venue("Hikari Dome", "Arena", "Tōkyō", 14000)
NAMI_HALL = Venue("波ホール", None, "Ōsaka", 2200)
YUKI_GARDEN = Venue("Yuki Garden Theatre", "Main Hall", "Sapporo", 1800)
FJORDHALLE = Venue("Fjordhalle", None, "Kiel", 1400)
MARSCHTHEATER = Venue("Marschtheater", "Großes Haus", "Husum", 780)
KELLERBUEHNE = Venue("Kellerbühne", None, "Graz", 120)

ARTISTS = (
    "Mara Sternberg",
    "Die Lautlosen Löwen",
    "Kupferkabel Quartett",
    "Fräulein Gezeiten",
    "Nordpol Express",
    "Jonas Übersee & Band",
    "The Velvet Tramlines",
    "Orchester der Zweiten Nacht",
    "Lio Marlow",
    "Zimt & Asche",
    "Grüner Donnerstag",
    "Tante Elektra",
    "Paper Planets",
    "Hanne Winterfeld",
    "Kollektiv Kranich",
    "Rosa Blech",
)
PROGRAMMES = ("live", "Unplugged", "Sommernacht", "Jubiläumskonzert", "Comedy Special", "Die große Gala")
CATEGORIES = ("concert", "concert", "comedy", "show", "classical", "festival")

CLUSTERS = {
    "family_outings_munich": "Family outings, Munich area",
    "german_metal_diehards": "German metal die-hards",
    "indie_explorers_berlin": "Indie explorers, Berlin",
    "kölsche_nächte": "Kölsche Nächte",
    "classical_subscribers": "Classical subscribers",
    "jazz & soul / late": "Jazz & soul, late evenings",
    "comedy_after_work": "Comedy after work",
    "festival_weekenders": "Festival weekenders",
}

RTL_TITLE = "ليلة النجوم – فرقة الأفق في برلين"
EMOJI_TITLE = "Paper Planets 🪐 Galaxy Tour"
MARKUP_TITLE = "<b>Tante Elektra</b> & Friends <script>alert(1)</script>"


def long_title() -> str:
    """A title of exactly 300 characters, as ingest feeds produce them."""
    words = (
        "Orchester der Zweiten Nacht mit dem Kammerchor Isarbogen und Gästen: "
        "Die lange Nacht der Filmmusik, Zusatztermin wegen großer Nachfrage, "
        "mit Einführung um 18 Uhr, einer Pause und anschließendem Publikumsgespräch im Foyer, "
    )
    return (words * 3)[:299] + "…"
