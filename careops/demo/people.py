"""Who signs in at the demo clinic, whom it knows, and what was said."""

from datetime import timedelta

from accounts.enums import Role
from accounts.models import User
from accounts.services.sign_up import create_admin, sign_up
from careops.core import clock
from careops.core.outbox import State
from messaging.enums import Direction
from messaging.models import Contact, Message
from messaging.services.contacts import find_or_create
from messaging.services.messages import send_reply

PASSWORD = "careops-demo"  # noqa: S105  # printed on every start; a production installation refuses the demo
ADMIN = "admin@example.com"
SIGN_INS = {
    ADMIN: ("Ada Okafor", Role.ADMIN),
    "staff@example.com": ("Sam Rivera", Role.STAFF),
    "professional@example.com": ("Dr Mara Lindqvist", Role.PROFESSIONAL),
    "client@example.com": ("Noor Haddad", Role.CLIENT),
}

# name, e-mail, phone; who has no e-mail address is reached by phone only.
CONTACTS = [
    ("Noor Haddad", "client@example.com", "+15550100101"),
    ("Ben Castellano", "ben.castellano@example.com", "+15550100102"),
    ("Ingrid Solheim", "ingrid.solheim@example.com", "+15550100103"),
    ("Theo Papadakis", "theo.papadakis@example.com", ""),
    ("Amara Nwosu", "amara.nwosu@example.com", "+15550100105"),
    ("Luca Ferrante", "", "+15550100106"),
    ("Priya Raman", "", "+15550100107"),
    ("Jonas Weber", "", "+15550100108"),
    ("Mei-Ling Zhou", "", "+15550100109"),
    ("Oscar Lindgren", "", "+15550100110"),
    ("Fatima El Amrani", "", "+15550100111"),
    ("Daniel Kowalski", "", "+15550100112"),
    ("Sofia Marques", "", "+15550100113"),
    ("Tomás Herrera", "", "+15550100114"),
    ("Hana Suzuki", "", "+15550100115"),
    ("Elias Berg", "", "+15550100116"),
    ("Ruth Abara", "", "+15550100117"),
    ("Victor Dubois", "", "+15550100118"),
]

# Of whom, what they wrote, what the front desk answered; the last question still waits for an answer.
CONVERSATIONS = [
    (
        "ben.castellano@example.com",
        "Could I come an hour earlier on Thursday?",
        "Of course, we moved you to 9:00.",
    ),
    ("ingrid.solheim@example.com", "Do I need to bring my last report?", "Yes please, a copy is enough."),
    ("theo.papadakis@example.com", "Is there parking near the entrance?", None),
]


def first_admin() -> User:
    """Who makes everything else."""
    admin, _ = create_admin(email=ADMIN, name=SIGN_INS[ADMIN][0], password=PASSWORD)
    return admin


def sign_ins(admin: User) -> None:
    """The accounts of every role, all confirmed; the client's is linked to the contact with that address."""
    for email, (name, role) in SIGN_INS.items():
        if not User.objects.filter(email=email).exists():
            sign_up(email=email, name=name, password=PASSWORD, role=role, actor=admin)


def contacts(actor: User) -> list[Contact]:
    """Everybody the clinic knows, welcomed quietly."""
    return [
        find_or_create(name=name, email=email, phone=phone, actor=actor, quiet=True)
        for name, email, phone in CONTACTS
    ]


def conversations(actor: User) -> None:
    """What was written in and answered; said once."""
    for email, question, answer in CONVERSATIONS:
        contact = Contact.objects.get(email=email)
        _, is_new = Message.objects.get_or_create(
            dedup_key=f"demo:inbound:{contact.pk}",
            defaults={
                "contact": contact,
                "direction": Direction.INBOUND,
                "state": State.DELIVERED,
                "body": question,
                "created_at": clock.now() - timedelta(hours=3),
                "ended_at": clock.now() - timedelta(hours=3),
            },
        )
        if is_new and answer:
            send_reply(contact=contact, subject="Your question", body=answer, actor=actor)
