"""Ground floor: all that is known.

``model`` holds the frozen nouns and the error tree (standard library only), ``schema`` the tables,
``repos`` one class per table with all of its SQL, ``database`` the transactions, ``migrations`` the
way from one schema to the next. Rows never leave this floor; the values in ``model`` do.
"""
