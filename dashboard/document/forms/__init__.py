"""The settings of an item as a form: sections of fields that know the format, made from the item as it stands.

In comes an item's JSON with what is known around it (`Around`: result columns, parameters, steps), out come `Section`s of `Field`s as
data. A field changes one place of the JSON; what no field shows stays as it is. How a form is drawn is the business of the pages.
"""

from dashboard.document.forms.fields import Around, Entry, Field, New, Section
from dashboard.document.forms.item import form_of

__all__ = ["Around", "Entry", "Field", "New", "Section", "form_of"]
