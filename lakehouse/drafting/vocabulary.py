"""Words in the names of columns, and what they say about the values.

English, and the most common ones in German, Danish, Swedish, Norwegian, French and Spanish.
"""

from __future__ import annotations

from collections.abc import Mapping


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


EMAIL = _set("email mail emailaddress epost courriel correo")
PHONE = _set("phone telephone tel mobile cell fax telefon handy tlf mobil telefono msisdn")
BIRTH = _set("birth birthday birthdate birthyear dob born geburt geburtsdatum geburtstag "
             "foedselsdato fodselsdato naissance nacimiento")  # fmt: skip
STREET = _set("street address address1 addr strasse adresse anschrift vej gade rue calle direccion "
              "house housenumber hausnummer")  # fmt: skip
POSTCODE = _set("postcode postal zip zipcode plz postnr postnummer postleitzahl codepostal")
IP = _set("ip ipaddress ipv4 ipv6")
IBAN = _set("iban bban bic konto kontonummer")
CARD = _set("card creditcard cardnumber pan kreditkarte cvv cvc")
NATIONAL_ID = _set("ssn cpr personnummer nationalid passport tin taxid nino dni nif svnr license "
                   "licence driverlicense steuernummer")  # fmt: skip
PERSON_NAME = _set("firstname lastname fullname surname forename givenname familyname middlename "
                   "nickname maiden vorname nachname familienname fornavn efternavn etternavn "
                   "prenom apellido apellidos initials")  # fmt: skip
NAME = _set("name names title navn namn nom nombre")
NAME_PARTS = _set("first last full given family middle sur fore")
PERSON = _set("customer client user person member patient employee contact subscriber visitor "
              "passenger guest student pupil teacher tenant citizen donor voter applicant "
              "candidate lead driver owner agent clerk cashier manager doctor nurse author "
              "recipient sender beneficiary holder kunde kunden nutzer benutzer mitarbeiter person "
              "staff buyer seller rider player account username login cust usr emp child parent "
              "spouse borrower policyholder insured assignee operator salesperson rep salesrep "
              "responsible handler reporter requester creator editor reviewer "
              "approver")  # fmt: skip
DEVICE = _set("device cookie session browser installation imei imsi mac fingerprint visitor "
              "advertising")  # fmt: skip
SENSITIVE = _set("gender sex race ethnicity religion nationality diagnosis disability salary "
                 "income wage gehalt lohn lat lon lng latitude longitude gps location "
                 "coordinates password secret signature photo image age url uri referrer query "
                 "search useragent")  # fmt: skip
FIRST_NAMES = _set(
    "adam alexander ali alice amelie anders andrea andreas anja ann anna anne antonio astrid ben "
    "bjorn bo carl carla carlos carmen charlotte chris christian christina claire clara claudia "
    "dan daniel david diana eva elena elisabeth ella emil emilia emily emma erik ernst eric fatima "
    "felix finn frank freja frida george giulia greta hanna hannah hans heidi helena henrik ida "
    "ingrid isabel jack jacob jakob james jan jane jens jessica joe johan johanna john jonas jose "
    "josef juan julia julie karen karl kate katharina kim klaus lars laura lea lena leo lina linda "
    "lisa louis louise lucas lucia luis lukas magnus marc marco maria marie mark marta martin mary "
    "mathias max mette mia michael mikkel mohammed nadia nicole nils nina noah nora olaf ole olga "
    "oliver oscar pablo paul pedro per peter petra philip pierre rasmus robert sam sara sarah "
    "simon sofia sofie sophie stefan steffen susanne sven thomas tim tom ulrike ursula victor "
    "william yusuf"
)
FREE_TEXT = _set("note notes comment comments remark remarks message body text description "
                 "feedback review reason complaint memo bemerkung kommentar beschreibung notiz "
                 "notizen nachricht besked beskrivelse")  # fmt: skip
THING = _set("order article item product sku store shop branch invoice line category department "
             "warehouse event payment transaction shipment country "
             "currency region sensor station machine ticket campaign page stock brand model "
             "material part batch lot unit file job run task project asset site plant room hall "
             "course flight route trip vehicle zone bestellung artikel produkt filiale rechnung "
             "lager kategorie ordre vare butik")  # fmt: skip
ID = _set("id no nr number num code key uuid guid nummer ref reference ident")
LABEL = _set("country region status state type kind category segment channel currency department "
             "brand color colour size unit language lang class level tier priority group source "
             "method mode flag op operation action stage phase weekday month quarter continent "
             "market division grade severity event land waehrung kategorie typ art carrier "
             "version plan format platform os contract product")  # fmt: skip
CHANGE_TIME = _set("updated modified changed geaendert aendret valid version sequence seq")
MEASURE = _set("amount total revenue quantity qty count sales value net gross sum cost price "
               "turnover units pieces betrag umsatz menge anzahl summe antal beloeb belob fare "
               "duration minutes volume kwh distance consumption balance saldo points")  # fmt: skip
RATIO = _set("rate share percent percentage pct ratio proportion fraction average avg mean price "
             "unit score index temperature year month day hour week level rank "
             "position age")  # fmt: skip
DAY = _set("date day time at on timestamp ts created datum tag dato zeit")
KNOWN_WORDS: frozenset[str] = frozenset().union(
    EMAIL, PHONE, BIRTH, STREET, POSTCODE, IP, IBAN, CARD, NATIONAL_ID, PERSON_NAME, NAME, ID,
    PERSON, FREE_TEXT, THING, LABEL, CHANGE_TIME, MEASURE, RATIO, DAY, _set("city stadt by town"),
)  # fmt: skip
"""Words that columns are often named by; a line of them is a header."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "e-mail addresses": ("email", "email_address"),
    "phone numbers": ("phone", "phone_number"),
    "dates of birth": ("birth_date", "date_of_birth", "birthday"),
    "streets and house numbers": ("street", "address", "street_address"),
    "postcodes": ("postcode", "zip", "zip_code", "postal_code"),
    "IP addresses": ("ip_address", "ip"),
    "account numbers": ("iban", "bank_account", "account_number"),
    "card numbers": ("card", "card_number", "credit_card"),
    "national id numbers": ("ssn", "national_id"),
    "names of people": ("person_name", "name", "full_name"),
    "ids of people": ("customer_id", "person_id", "user_id", "member_id", "patient_id"),
    "free text": ("free_text", "text", "notes"),
}
"""What a column holds, and the kinds of ``conf/privacy.yml`` that may be meant for it."""
