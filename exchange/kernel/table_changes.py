"""Many changes of tables in one migration operation: models rendered once, SQLite tables copied once.

Django renders the models anew after every operation and, on SQLite, copies the table for every column and
constraint. A fresh database is made at every start of a test run, so thirty operations cost seconds there.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    RemoveConstraint,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class ChangeTables(Operation):
    """These operations as one; they must not depend on the rendered models between them."""

    reversible = False

    def __init__(self, operations: list[Any]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes the state without rendering it in between."""
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """New tables first, then the old ones."""
        created = [each for each in self.operations if isinstance(each, CreateModel)]
        for operation in created:
            schema_editor.create_model(to_state.apps.get_model(app_label, operation.name))
        changes: dict[str, list[Any]] = {}
        for operation in self.operations:
            if not isinstance(operation, CreateModel):
                changes.setdefault(operation.model_name, []).append(operation)
        for name, operations in changes.items():
            before = from_state.apps.get_model(app_label, name)
            after = to_state.apps.get_model(app_label, name)
            if schema_editor.connection.vendor == "sqlite":
                _copy_once(schema_editor, after, operations)
            else:
                for operation in operations:
                    _change(schema_editor, before, after, operation)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """There is no way back: the tables hold what the old ones had no place for."""
        raise NotImplementedError

    def describe(self) -> str:
        return f"{len(self.operations)} changes of tables"


def _copy_once(schema_editor: Any, after: Any, operations: list[Any]) -> None:
    """Adds the columns as SQLite can, then lets Django make the table over as the model says."""
    for operation in operations:
        if isinstance(operation, AddField):
            field = after._meta.get_field(operation.name)
            default = schema_editor.quote_value(schema_editor.effective_default(field))
            rule = "NULL" if field.null else f"NOT NULL DEFAULT {default}"
            column = f'"{field.column}" {field.db_type(schema_editor.connection)} {rule}'
            schema_editor.execute(f'ALTER TABLE "{after._meta.db_table}" ADD COLUMN {column}')
    if not all(isinstance(operation, AlterField) and _only_words(operation) for operation in operations):
        schema_editor._remake_table(after)


def _only_words(operation: Any) -> bool:
    """Whether an altered field differs in its choices alone."""
    return bool(operation.field.choices)


def _change(schema_editor: Any, before: Any, after: Any, operation: Any) -> None:
    match operation:
        case AddField():
            schema_editor.add_field(before, after._meta.get_field(operation.name))
        case AlterField():
            old, new = (model._meta.get_field(operation.name) for model in (before, after))
            schema_editor.alter_field(before, old, new)
        case AddConstraint():
            schema_editor.add_constraint(after, operation.constraint)
        case RemoveConstraint():
            constraints = {each.name: each for each in before._meta.constraints}
            schema_editor.remove_constraint(before, constraints[operation.name])
        case AddIndex():
            schema_editor.add_index(after, operation.index)
        case RemoveIndex():
            indexes = {each.name: each for each in before._meta.indexes}
            schema_editor.remove_index(before, indexes[operation.name])
        case other:
            raise NotImplementedError(type(other).__name__)
