"""Relations of a query: declared inputs, CTEs and derived tables, each with an alias."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from sqlglot import exp

from lakehouse.sql.query import LIBRARY, Query, bound_name

Relation = exp.Table | exp.Subquery | exp.Values | exp.Lateral


def resolve(query: Query) -> None:
    """Check that each relation is a declared input, a CTE or a derived table; give each an alias.

    Changes ``query.tree`` in place; the caller has just parsed it. Raises DeclarationError.
    """
    _check_names(query)
    named = [table for table in query.tree.find_all(exp.Table) if _is_read_by_name(table)]
    for table in named:
        if cte_of(table) is None:
            _check_input(query, table)
    read = {id(cte_of(table)) for table in named}
    for cte in ctes(query.tree):
        if id(cte) not in read:
            raise query.error(f"unused WITH {cte.alias}", cte, "delete it")
    for column in list(query.tree.find_all(exp.Column)):
        _drop_schema(query, column)
    for table in named:
        if not table.args.get("alias"):
            table.set("alias", exp.TableAlias(this=table.this.copy()))
    _alias_derived_tables(query.tree)
    for select in query.tree.find_all(exp.Select):
        _check_aliases(query, select)


def relations(select: exp.Select) -> list[exp.Expr]:
    """The relations of a SELECT, in order: FROM, joins, LATERAL VIEWs."""
    source = select.args.get("from_")
    first = [source.this] if source else []
    joined = [join.this for join in select.args.get("joins") or []]
    return [*first, *joined, *(select.args.get("laterals") or [])]


def cte_of(table: exp.Expr) -> exp.CTE | None:
    """The CTE that ``table`` refers to in its scope; None where it is not a CTE."""
    if not isinstance(table, exp.Table) or table.db or not isinstance(table.this, exp.Identifier):
        return None
    for cte in _visible(table):
        if cte.alias.lower() == table.name.lower():
            return cte
    return None


def reads_inputs(node: exp.Expr) -> bool:
    """Whether ``node`` reads an input, directly or through a CTE."""
    for table in node.find_all(exp.Table):
        named = cte_of(table)
        if bound_name(table) is not None or (named is not None and reads_inputs(named.this)):
            return True
    return False


def ctes(tree: exp.Expr) -> list[exp.CTE]:
    """Every CTE of a query, at any depth."""
    return list(tree.find_all(exp.CTE))


def _visible(node: exp.Expr) -> Iterator[exp.CTE]:
    """The CTEs visible at ``node``: earlier ones of the same WITH, and those of outer queries."""
    child, parent = node, node.parent
    while parent is not None:
        if isinstance(parent, exp.With):
            before = parent.expressions[: parent.expressions.index(child)]
            yield from reversed(before)
        elif child is not parent.args.get("with_") and parent.args.get("with_"):
            yield from reversed(parent.args["with_"].expressions)
        child, parent = parent, parent.parent


def _is_read_by_name(table: exp.Table) -> bool:
    """Whether a table is read by name: not a table function, and not the alias in a join hint."""
    return isinstance(table.this, exp.Identifier) and not table.find_ancestor(exp.JoinHint)


def _alias_derived_tables(tree: exp.Query) -> None:
    """Give derived tables without an alias a reserved one."""
    for number, part in enumerate(list(tree.find_all(exp.Subquery, exp.Values))):
        if isinstance(part.parent, (exp.From, exp.Join)) and not part.args.get("pivots"):
            alias = part.args.get("alias") or exp.TableAlias()
            if not alias.name:
                alias.set("this", exp.to_identifier(f"_part_{number}"))
                part.set("alias", alias)


def _check_names(query: Query) -> None:
    seen: set[str] = set()
    for cte in ctes(query.tree):
        name = cte.alias.lower()
        if isinstance(cte.parent, exp.With) and cte.parent.args.get("recursive"):
            raise query.error("WITH RECURSIVE is not supported", cte)
        if "." in name or name in query.declared:
            raise query.error(f"WITH {cte.alias} has the name of a table", cte, "rename it")
        if name in seen:
            raise query.error(f"duplicate WITH {cte.alias}", cte, "rename one of the two")
        seen.add(name)
    for node in query.tree.find_all(exp.TableAlias, exp.Alias, exp.Aliases):
        named = node.expressions if isinstance(node, exp.Aliases) else [node.args.get("alias")]
        named = [node.this, *node.columns] if isinstance(node, exp.TableAlias) else named
        for alias in named:
            if isinstance(alias, exp.Identifier) and alias.name.startswith("_"):
                raise query.error(f"'{alias.name}': a leading '_' is reserved", node)


def _check_input(query: Query, table: exp.Table) -> None:
    written = ".".join(part.name for part in table.parts)
    if bound_name(table) in query.declared and not table.catalog and table.db != LIBRARY:
        return
    message = f"{written} is not a declared input; declared: {', '.join(query.declared)}"
    ends = {name.partition(".")[2]: name for name in query.declared}
    near = get_close_matches(table.name, ends, n=1, cutoff=0.75)
    message += f"; did you mean '{ends[near[0]]}'?" if near else ""
    raise query.error(message, table, _suggest_declaration(query, table))


def _suggest_declaration(query: Query, table: exp.Table) -> str | None:
    if not table.db or table.catalog or not table.name.isidentifier():
        return "a query reads tables by schema and name (silver.orders), never by a path"
    declaration = query.file.rpartition("/")[2].rpartition(".")[0]
    return f"add it under lookups: in {declaration}.yml"


def _drop_schema(query: Query, column: exp.Column) -> None:
    """Turn ``silver.orders.amount`` into ``orders.amount`` where silver.orders has no alias."""
    parts = column.parts
    if len(parts) < 3 or f"{parts[0].name}.{parts[1].name}".lower() not in query.declared:
        return
    wanted = f"{parts[0].name}.{parts[1].name}".lower()
    select = column.find_ancestor(exp.Select)
    while select is not None:
        for source in relations(select):
            if isinstance(source, exp.Table) and bound_name(source) == wanted:
                if not source.args.get("alias"):
                    names = ["this", "table", "db", "catalog"]
                    kept = dict(zip(names, reversed(parts[1:]), strict=False))
                    for name in names:
                        column.set(name, kept.get(name))
                    return
        select = select.find_ancestor(exp.Select)


def _check_aliases(query: Query, select: exp.Select) -> None:
    seen: set[str] = set()
    for source in relations(select):
        name = source.alias_or_name.lower()
        if not isinstance(source, (exp.Table, exp.Subquery, exp.Values, exp.Lateral)):
            raise query.error("joins in parentheses are not supported", source)
        if isinstance(source, exp.Subquery) and not isinstance(source.this, exp.Query):
            raise query.error("joins in parentheses are not supported", source)
        if name and name in seen:
            raise query.error(f"duplicate relation alias '{name}'", source, "give one an alias")
        seen.add(name)
