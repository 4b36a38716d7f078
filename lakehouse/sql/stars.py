"""Rewrite ``*`` over relations with a hidden column, so that the column is excluded."""

from __future__ import annotations

from sqlglot import exp

from lakehouse.sql.relations import reads_inputs, relations


def hide_column(select: exp.Select, name: str) -> bool:
    """Exclude the column ``name`` from each ``*`` of ``select``, in place.

    Returns False, without a change, where a plain ``*`` over relations joined with ON has an
    EXCEPT, or other relations are joined with USING: ``*`` cannot be split by relation then.
    """
    with_column = [source.alias_or_name for source in _visible(select) if reads_inputs(source)]
    joins = select.args.get("joins") or []
    is_merged = all(
        join.args.get("using") or join.method == "NATURAL" or not reads_inputs(join.this)
        for join in joins
    )
    items: list[exp.Expr] = []
    for item in select.expressions:
        if not item.is_star:
            items.append(item)
        elif isinstance(item, exp.Column):
            has_column = item.table.lower() in {alias.lower() for alias in with_column}
            items.append(star(item.table, item.this, [name] if has_column else []))
        elif is_merged or len(with_column) == 1:
            items.append(star(None, item, [name]))
        elif item.args.get("except_") or any(join.args.get("using") for join in joins):
            return False
        else:
            for source in _visible(select):
                alias = source.alias_or_name
                items.append(star(alias, exp.Star(), [name] if alias in with_column else []))
    select.set("expressions", items)
    return True


def star(relation: str | None, written: exp.Expr, hidden: list[str]) -> exp.Expr:
    """``relation.* EXCEPT (…)``: the columns that ``written`` excludes, then ``hidden``."""
    excluded = [column.copy() for column in written.args.get("except_") or []]
    excluded += [exp.to_identifier(name) for name in hidden]
    node = exp.Star(except_=excluded or None)
    return exp.Column(this=node, table=exp.to_identifier(relation)) if relation else node


def _visible(select: exp.Select) -> list[exp.Expr]:
    """The relations whose columns ``*`` contains; not those of SEMI and ANTI joins."""
    invisible = [j.this for j in select.args.get("joins") or [] if j.kind in ("SEMI", "ANTI")]
    return [r for r in relations(select) if not any(r is other for other in invisible)]
