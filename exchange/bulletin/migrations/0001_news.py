"""News: articles, their editions, and the steps by which two people publish them."""

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, append_only, refuse

EDITION = "bulletin_newsedition"
ARTICLE = "bulletin_article"
TEXT = (
    "kind", "category", "title_zh", "summary_zh", "body_zh", "title_en", "summary_en", "body_en", "source_name",
    "source_url", "note_zh", "note_en", "publish_at", "pinned_until", "written_by", "written_at", "revision",
)  # fmt: skip
STEPS = {"draft": ("submitted", "discarded"), "submitted": ("draft", "published", "discarded")}


def update_of(*columns):
    """The event of a trigger on some columns."""
    return "UPDATE OF " + ", ".join(f'"{name}"' for name in columns)


ALLOWED = " OR ".join(
    f"(OLD.state = '{before}' AND NEW.state = '{after}')" for before, following in STEPS.items() for after in following
)
GUARDS = (
    ("text", EDITION, update_of(*TEXT), "a submitted text stays as it is", "OLD.state <> 'draft'"),
    ("steps", EDITION, update_of("state"), "an edition does not go there", f"OLD.state <> NEW.state AND NOT ({ALLOWED})"),
    ("final", EDITION, "UPDATE", "a published edition is never changed", "OLD.state IN ('published', 'discarded')"),
    ("place", EDITION, update_of("article_id", "version"), "an edition keeps its place", None),
    ("kept", EDITION, "DELETE", "an edition stays", None),
    ("born", EDITION, "INSERT", "an edition begins as a draft", "NEW.state <> 'draft'"),
    ("final", ARTICLE, "UPDATE", "a withdrawn article is never changed", "OLD.withdrawn_at IS NOT NULL"),
    ("kept", ARTICLE, "DELETE", "an article stays", None),
    (
        "shown", ARTICLE, update_of("shown_from"), "an article does not show later than it did",
        "OLD.shown_from IS NOT NULL AND (NEW.shown_from IS NULL OR NEW.shown_from > OLD.shown_from)",
    ),
)  # fmt: skip


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('draft_key', models.CharField(max_length=40, unique=True)),
                ('created_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField()),
                ('shown_from', models.DateTimeField(null=True)),
                ('unpinned_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_by', models.CharField(blank=True, max_length=150)),
                ('withdrawal_reason', models.CharField(blank=True, max_length=300)),
                ('text_hidden', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(fields=['-shown_from', '-id'], name='news_article_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('text_hidden', False), ('withdrawal_reason', ''), ('withdrawn_at__isnull', True), ('withdrawn_by', '')), models.Q(('withdrawn_at__isnull', False), models.Q(('withdrawn_by', ''), _negated=True), models.Q(('withdrawal_reason', ''), _negated=True)), _connector='OR'), name='news_article_withdrawal_is_whole')],
            },
        ),
        migrations.CreateModel(
            name='NewsEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveSmallIntegerField()),
                ('state', models.CharField(default='draft', max_length=12)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('kind', models.CharField(max_length=12)),
                ('category', models.CharField(max_length=12)),
                ('title_zh', models.CharField(max_length=80)),
                ('summary_zh', models.CharField(max_length=200)),
                ('body_zh', models.TextField()),
                ('title_en', models.CharField(blank=True, max_length=160)),
                ('summary_en', models.CharField(blank=True, max_length=400)),
                ('body_en', models.TextField(blank=True)),
                ('source_name', models.CharField(blank=True, max_length=80)),
                ('source_url', models.CharField(blank=True, max_length=300)),
                ('note_zh', models.CharField(blank=True, max_length=300)),
                ('note_en', models.CharField(blank=True, max_length=300)),
                ('publish_at', models.DateTimeField(null=True)),
                ('pinned_until', models.DateTimeField(null=True)),
                ('written_by', models.CharField(max_length=150)),
                ('written_at', models.DateTimeField()),
                ('submitted_by', models.CharField(blank=True, max_length=150)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('published_from', models.DateTimeField(null=True)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='editions', to='bulletin.article')),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-id'], name='news_edition_by_state')],
                'constraints': [models.UniqueConstraint(fields=('article', 'version'), name='news_edition_version'),
                    models.UniqueConstraint(condition=models.Q(('state__in', ['draft', 'submitted'])), fields=('article',), name='news_edition_one_open'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'published', 'discarded'])), name='news_edition_state_known'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['notice', 'industry', 'policy', 'growing'])), name='news_kind_known'),
                    models.CheckConstraint(condition=models.Q(('source_url', ''), models.Q(('source_url__startswith', 'https://'), models.Q(('source_name', ''), _negated=True)), _connector='OR'), name='news_edition_source'),
                    models.CheckConstraint(condition=models.Q(models.Q(('note_zh', ''), ('version', 1)), models.Q(('version__gt', 1), models.Q(('state__in', ['draft', 'discarded']), models.Q(('note_zh', ''), _negated=True), _connector='OR')), _connector='OR'), name='news_edition_says_what_it_corrects'),
                    models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', False), ('published_from__isnull', False), ('state', 'published'), models.Q(('submitted_by', ''), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('submitted_by')), _negated=True), models.Q(('decided_by', models.F('written_by')), _negated=True)), models.Q(models.Q(('state', 'published'), _negated=True), ('published_from__isnull', True)), _connector='OR'), name='news_edition_published_by_another')],
            },
        ),
        migrations.CreateModel(
            name='NewsStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verb', models.CharField(max_length=12)),
                ('revision', models.PositiveIntegerField()),
                ('actor', models.CharField(max_length=150)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='bulletin.newsedition')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        *(
            VendorSQL(*refuse(name=f"{table}_{name}", table=table, event=event, message=message, when=when))
            for name, table, event, message, when in GUARDS
        ),
        *append_only(table="bulletin_newsstep", message="what was done stays done"),
    ]
