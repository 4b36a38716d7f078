"""Word lists of the generated data. Names, addresses and numbers are fictitious.

Domains end in the reserved ``.example``, IP addresses are in networks reserved for documentation,
and telephone numbers in the range that the German regulator reserves for films.
"""

from __future__ import annotations

FIRST_NAMES = (
    "Ada", "Amir", "Anna", "Bela", "Björn", "Carla", "Chloé", "Daria", "David", "Edda",
    "Elif", "Emil", "Fatma", "Felix", "Finn", "Greta", "Hanna", "Hugo", "Ida", "Inês", "Ivan",
    "Jana", "João", "Jonas", "Karla", "Kofi", "Lara", "Leon", "Lina", "Luca", "Łukasz",
    "Maja", "Marek", "Mila", "Nils", "Nora", "Olga", "Omar", "Paula", "Pavel", "Quinn",
    "Rosa", "Samir", "Selma", "Sofía", "Tariq", "Thea", "Uma", "Vera", "Willem", "Yusuf",
    "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Albrecht", "Bauer", "Becker", "Brandt", "Çelik", "Demir", "Dietrich", "Engel", "Fischer",
    "Fuchs", "García", "Groß", "Haas", "Hahn", "Horvat", "Jansen", "Kaya", "Keller", "Koch",
    "Kowalski", "Krämer", "Lang", "Lehmann", "Lindqvist", "Marek", "Möller", "Nguyen",
    "Novák", "O'Neill", "Okafor", "Otto", "Peters", "Pohl", "Richter", "Rossi", "Sauer",
    "Schäfer", "Seidel", "Silva", "Simon", "Sommer", "Stein", "Tanaka", "Thoma", "Ullrich",
    "Vogel", "Weber", "Winter", "Yilmaz", "Zimmer",
)  # fmt: skip
ASCII = str.maketrans(
    {
        "ö": "oe", "ä": "ae", "ü": "ue", "ß": "ss", "é": "e", "ë": "e", "ê": "e", "í": "i",
        "ã": "a", "á": "a", "Ł": "l", "Ç": "c", "'": "",
    }
)  # fmt: skip
EMAIL_DOMAINS = (
    "mail.example", "mail.example", "post.example", "inbox.example", "inbox.example",
    "werk.example", "uni.example", "acme-handel.example",
)  # fmt: skip
NOTES = (
    "Prefers delivery on Saturdays.",
    "Leave parcels with the neighbour, 3rd floor.",
    "Call back on {phone} after 18:00.",
    "Asked to be reached at {email} instead.",
    "New number {phone}, old one is dead; copy to {email}.",
    "Vegetarian, interested in kitchen offers.",
    "Disputed an invoice, settled.",
    "Collects in the store.",
)
REGIONS = ("north", "east", "south", "west")
CITIES = ("Kiel", "Lübeck", "Leipzig", "Dresden", "Ulm", "Augsburg", "Aachen", "Bonn")
DEPARTMENTS = (
    "Kitchen", "Garden", "Toys", "Books", "Sports", "Clothing", "Electronics", "Beauty",
)  # fmt: skip
RENAMED = ("Garden", "Outdoor")
USER_AGENTS = (
    "Mozilla/5.0 (Linux; Android 15) Mobile Firefox/147.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2) Mobile Safari/605.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64) Firefox/147.0",
    "Mozilla/5.0 (Macintosh) Safari/605.1",
    "Mozilla/5.0 (iPad; CPU OS 19_1) Tablet Safari/605.1",
)
EVENT_TYPES = ("page_view", "product_view", "search", "add_to_cart", "account", "complaint")
