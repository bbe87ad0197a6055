"""The row of the site: what an administrator has decided for everybody."""

from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations.models.people import User
from providers.models import LanguageModel

MAX_STARTERS_LENGTH = 2_000


class Installation(models.Model):
    """The one row of the site: the visitor who inserts it at the first run is the administrator."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
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
    starters = models.TextField(
        _("starters"),
        max_length=MAX_STARTERS_LENGTH,
        blank=True,
        help_text=_(
            "Four beginnings of questions on the start page, one a line: what the button says | what it writes. "
            "Left empty, there are four of ours in the reader's language."
        ),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("site")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_installation")]

    def __str__(self) -> str:
        return "Chatsite"

    @classmethod
    def default_model_of_site(cls) -> UUID | None:
        """Return the id of the model for people who have not chosen one, or None if the site names none."""
        return cls.objects.values_list("default_model", flat=True).first()

    @classmethod
    def starters_of_site(cls) -> str:
        """Return the lines of the starters, "" if the administrator has written none."""
        return cls.objects.values_list("starters", flat=True).first() or ""

    @classmethod
    def lets_make_teams(cls, user: User) -> bool:
        """Return whether this person may make teams, which the administrator can limit to the staff."""
        return user.is_staff or not cls.objects.filter(staff_makes_teams=True).exists()
