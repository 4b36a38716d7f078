"""``*`` over relations that have a hidden column each: the column is shown once, or not at all."""

from __future__ import annotations

from sqlglot import exp

from lakehouse.sql.relations import reads_inputs, relations


def hide_column(select: exp.Select, name: str) -> bool:
    """Rewrite each ``*`` of ``select`` in place, without the column ``name`` of its inputs.

    False, and nothing rewritten, where a plain ``*`` over relations joined with ON has an EXCEPT,
    or where other relations are joined with USING: it cannot be written relation by relation.
    """
    having = [source.alias_or_name for source in _visible(select) if reads_inputs(source)]
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
            has_column = item.table.lower() in {alias.lower() for alias in having}
            items.append(star(item.table, item.this, [name] if has_column else []))
        elif is_merged or len(having) == 1:
            items.append(star(None, item, [name]))
        elif item.args.get("except_") or any(join.args.get("using") for join in joins):
            return False
        else:
            for source in _visible(select):
                alias = source.alias_or_name
                items.append(star(alias, exp.Star(), [name] if alias in having else []))
    select.set("expressions", items)
    return True


def star(relation: str | None, written: exp.Expr, hidden: list[str]) -> exp.Expr:
    """``relation.* EXCEPT (…)``: what ``written`` leaves out, then ``hidden``."""
    left_out = [column.copy() for column in written.args.get("except_") or []]
    left_out += [exp.to_identifier(name) for name in hidden]
    whole = exp.Star(except_=left_out or None)
    return exp.Column(this=whole, table=exp.to_identifier(relation)) if relation else whole


def _visible(select: exp.Select) -> list[exp.Expr]:
    """The relations whose columns a SELECT sees; SEMI and ANTI joins show nothing."""
    unseen = [j.this for j in select.args.get("joins") or [] if j.kind in ("SEMI", "ANTI")]
    return [r for r in relations(select) if not any(r is other for other in unseen)]
