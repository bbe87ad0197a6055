from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("providers", "0014_forget_words_about_questions")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="falls_back",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="For the key of a team or a person: the site's keys answer when this one cannot.",
                verbose_name="then the site's keys",
            ),
        ),
    ]
