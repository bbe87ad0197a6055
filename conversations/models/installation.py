"""The row of the site: what an administrator has decided for everybody."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations.models.people import User
from providers.blank_text import is_blank
from providers.models import LanguageModel
from providers.prepared_queries import Prepared

MAX_STARTERS_LENGTH = 2_000
USUAL_NAME = "Chatsite"


class Installation(models.Model):
    """The one row of the site: the visitor who inserts it at the first run is the administrator."""

    class SignUp(models.TextChoices):
        STAFF = "staff", _("Only administrators, for others")
        INVITED = "invited", _("Also people with an invitation from a team")
        ANYBODY = "anybody", _("Anybody who opens the sign-in page")

    class LogoColor(models.TextChoices):
        GREEN = "green", _("Green")
        BLUE = "blue", _("Blue")
        PURPLE = "purple", _("Purple")
        ORANGE = "orange", _("Orange")
        RED = "red", _("Red")
        GREY = "grey", _("Grey")

    _last_name = USUAL_NAME
    BY_INVITATION = (SignUp.INVITED, SignUp.ANYBODY)
    """The rules by which an invitation lets somebody make an account."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(
        _("name of the site"),
        max_length=40,
        blank=True,
        help_text=_("Stands in titles, at the head of the pages, and in mails. Left empty: Chatsite."),
    )
    logo_color = models.CharField(
        _("color of the logo"), max_length=10, choices=LogoColor.choices, default=LogoColor.GREEN
    )
    sign_up = models.CharField(_("who makes an account"), max_length=10, choices=SignUp.choices, default=SignUp.INVITED)
    administrator = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    staff_makes_teams = models.BooleanField(_("only staff makes teams"), default=False)
    default_model = models.ForeignKey(
        LanguageModel,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("default model"),
        help_text=_("Chosen for people who have not chosen a model yet. Without one, the first of the list."),
    )
    title_model = models.ForeignKey(
        LanguageModel,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("model for titles"),
        help_text=_(
            "Is sent the first question of each new conversation and names the conversation. Only where its asker may "
            "use this model; they, or their team, pay. Without one, the question's first words are the title."
        ),
    )
    catch_up_model = models.ForeignKey(
        LanguageModel,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("model for catching up"),
        help_text=_(
            "Tells members of a team what they have missed in a conversation, when they ask for it. Only where they "
            "may use this model; they, or their team, pay. Without one, the conversation's model."
        ),
    )
    summary_model = models.ForeignKey(
        LanguageModel,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("model for summaries"),
        help_text=_(
            "Sums up the replies above in conversations that fill their model’s context window. Only where the asker "
            "may use this model; they, or their team, pay. Without one, the oldest replies are left out."
        ),
    )
    starters = models.TextField(
        _("starters"),
        max_length=MAX_STARTERS_LENGTH,
        blank=True,
        help_text=_(
            "Four beginnings of questions on the start page, one a line: what the button says | what it writes. "
            "Left empty, there are four of ours in the reader's language."
        ),
    )
    names_former_members = models.BooleanField(
        _("name former members"),
        default=True,
        help_text=_(
            "What people wrote in teams stays under their name when they delete their own account; else it is by "
            "“a former member”."
        ),
    )
    tells_outside = models.BooleanField(
        _("robots and webhooks"),
        default=True,
        db_default=True,
        help_text=_(
            "People and leads of teams may name robots of chats and webhooks that are told what happens. This server "
            "then calls their addresses: on the open internet, or listed as private hosts of this site and no vendor’s."
        ),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("site")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_installation")]

    def __str__(self) -> str:
        return self.name or USUAL_NAME

    def clean(self) -> None:
        """Refuse a name of which nothing can be seen, or with characters that no title shows."""
        if self.name and (is_blank(self.name) or not self.name.isprintable()):
            raise ValidationError({"name": _("This holds characters that cannot be kept.")})

    @classmethod
    def of_site(cls) -> "Installation":
        """Return the site's row, or one with what is usual where nobody has set the site up."""
        found = _SITE.one() or cls()
        cls._last_name = str(found)
        return found

    @classmethod
    def last_name(cls) -> str:
        """Return the site's name as this process last read it, for pages that must not ask the database."""
        return cls._last_name

    @classmethod
    def lets_sign_up(cls, *rules: str) -> bool:
        """Return whether the site's rule of who makes an account is one of these."""
        return cls.of_site().sign_up in rules

    @classmethod
    def default_model_of_site(cls) -> UUID | None:
        """Return the id of the model for people who have not chosen one, or None if the site names none."""
        return cls.objects.values_list("default_model", flat=True).first()

    @classmethod
    def title_model_of_site(cls) -> UUID | None:
        """Return the id of the model that names new conversations, or None if the site names none."""
        return cls.objects.values_list("title_model", flat=True).first()

    @classmethod
    def catch_up_model_of_site(cls) -> UUID | None:
        """Return the id of the model that tells what somebody has missed, or None if the site names none."""
        return cls.objects.values_list("catch_up_model", flat=True).first()

    @classmethod
    def summary_model_of_site(cls) -> UUID | None:
        """Return the id of the model that sums up long conversations, or None if the site names none."""
        return cls.objects.values_list("summary_model", flat=True).first()

    @classmethod
    def starters_of_site(cls) -> str:
        """Return the lines of the starters, "" if the administrator has written none."""
        return cls.objects.values_list("starters", flat=True).first() or ""

    @classmethod
    def keeps_names(cls) -> bool:
        """Return whether what people wrote in teams stays under their name when they delete their own account."""
        return not cls.objects.filter(names_former_members=False).exists()

    @classmethod
    def lets_tell_outside(cls) -> bool:
        """Return whether people may be told what happens by robots and webhooks."""
        return not cls.objects.filter(tells_outside=False).exists()

    @classmethod
    def lets_make_teams(cls, user: User) -> bool:
        """Return whether this person may make teams, which the administrator can limit to the staff."""
        return user.is_staff or not cls.objects.filter(staff_makes_teams=True).exists()


_SITE = Prepared(lambda: Installation.objects.order_by("pk")[:1])
