"""The syntax tree of KQL: what the parser makes of the text, before any name is looked up.

Every node carries its `span` (character offsets) so that later passes can point at the text. Names are as written,
without brackets or quotes. Nodes are frozen; sequences are tuples.
"""

from __future__ import annotations

from typing import Any
from typing import Literal as OneOf

from msgspec import Struct

from dashboard.table import KqlType


class Span(Struct, frozen=True, gc=False):
    """Half-open range of character offsets in the query text."""

    start: int
    end: int


class Node(Struct, frozen=True, kw_only=True, gc=False):
    """Base of all nodes."""

    span: Span


# ---- expressions ---------------------------------------------------------------------------------------------------


class Literal(Node, frozen=True, kw_only=True):
    """A constant. `value` by type: str, int (int, long), float (real), bool, Decimal, guid text (lower case),
    datetime as a naive UTC datetime, timespan as ticks (int), dynamic as its JSON value; None is the typed null."""

    type: KqlType
    value: Any


class Name(Node, frozen=True, kw_only=True):
    """A bare or bracketed name: column, table, let variable. `quoted` where it was written `['…']`; `wildcard` where it
    holds `*` (`Event*` in union, project-away, project-keep, project-reorder)."""

    name: str
    quoted: bool = False
    wildcard: bool = False


class Star(Node, frozen=True, kw_only=True):
    """A bare `*`: all columns, or any column in `where * has`."""


class Member(Node, frozen=True, kw_only=True):
    """`target.name`: a field of a dynamic value, `$left.Column`, or `workspace('w').Table`."""

    target: Expression
    name: str


class Index(Node, frozen=True, kw_only=True):
    """`target[index]`."""

    target: Expression
    index: Expression


class Call(Node, frozen=True, kw_only=True):
    """`name(arguments)`. Arguments may be `Named` (`f(a=1)`), `Star`, `Subquery` (tabular arguments). `target` is what
    stands before a dot: `cluster('c').database('d')`. `typeof(long)` is a call whose argument is the type's `Name` (of the
    ten KQL types); in `typeof(a:string)` it is a `Binary` with operator `:`."""

    name: str
    arguments: tuple[Expression, ...]
    target: Expression | None = None


class Unary(Node, frozen=True, kw_only=True):
    """`-x` or `+x`."""

    operator: OneOf["-", "+"]
    operand: Expression


class Binary(Node, frozen=True, kw_only=True):
    """Arithmetic (+ - * / %), comparison (== != < <= > >= =~ !~ <> as !=), logic (and, or) and string operators
    (has, !has, has_cs, contains, startswith, hasprefix, `matches regex`, …), the operator as KQL spells it in lower case."""

    operator: str
    left: Expression
    right: Expression


class InList(Node, frozen=True, kw_only=True):
    """`operand in (items)`: operator one of in, !in, in~, !in~, has_any, has_all. An item may be a `Subquery` or the name
    of a tabular let."""

    operator: str
    operand: Expression
    items: tuple[Expression, ...]


class Between(Node, frozen=True, kw_only=True):
    """`operand between (low .. high)`."""

    operand: Expression
    low: Expression
    high: Expression
    negated: bool = False


class Named(Node, frozen=True, kw_only=True):
    """`name = value`, or `(a, b) = value` with several names."""

    names: tuple[str, ...]
    value: Expression


class Parameter(Node, frozen=True, kw_only=True):
    """A parameter of a let function or of declare query_parameters: scalar (`type`), or tabular (`columns`; an empty
    tuple is `(*)`), with a default where it has one."""

    name: str
    type: KqlType | None = None
    columns: tuple[tuple[str, KqlType], ...] | None = None
    default: Literal | None = None


class Function(Node, frozen=True, kw_only=True):
    """`(parameters) { body }`, `view () { body }`. The body may hold let statements before its result."""

    parameters: tuple[Parameter, ...]
    statements: tuple[Statement, ...]
    body: Pipe
    is_view: bool = False


class Subquery(Node, frozen=True, kw_only=True):
    """A pipe used as an expression: in parentheses, as an argument of toscalar, materialize, join, union, in."""

    pipe: Pipe


class Ordered(Node, frozen=True, kw_only=True):
    """`value asc|desc nulls first|last`. None where the text does not say (KQL: desc; nulls first for asc, last for desc)."""

    value: Expression
    ascending: bool | None = None
    nulls_first: bool | None = None


Expression = (
    Literal
    | Name
    | Star
    | Member
    | Index
    | Call
    | Unary
    | Binary
    | InList
    | Between
    | Named
    | Function
    | Subquery
    | Ordered
)

# ---- a query -------------------------------------------------------------------------------------------------------


class Pipe(Node, frozen=True, kw_only=True):
    """`source | operator | …`. The source is an expression that names or makes a table, or an operator that stands first
    (datatable, range, print, union, search, find, externaldata, evaluate). In a scalar let or function body the source
    is the scalar expression and `operators` is empty: the binder decides by what the names mean."""

    source: Expression | Operator
    operators: tuple[Operator, ...] = ()


class Let(Node, frozen=True, kw_only=True):
    """`let name = value;` value: scalar expression, `Subquery`, or `Function`."""

    name: str
    value: Expression


class SetOption(Node, frozen=True, kw_only=True):
    """`set name = value;`"""

    name: str
    value: Literal | Name | None = None


class DeclareParameters(Node, frozen=True, kw_only=True):
    """`declare query_parameters(…);`"""

    parameters: tuple[Parameter, ...]


class OtherStatement(Node, frozen=True, kw_only=True):
    """A statement that parses and is refused or ignored later: alias, declare pattern, restrict access."""

    keyword: str
    text: str


Statement = Let | SetOption | DeclareParameters | OtherStatement


class Query(Node, frozen=True, kw_only=True):
    """A whole text: statements and the result pipe (None where only statements stand). Where the text asks for several
    results, `pipe` is the first and `more` holds the others; a let sees the names of all lets before it."""

    statements: tuple[Statement, ...]
    pipe: Pipe | None
    more: tuple[Pipe, ...] = ()


# ---- tabular operators ---------------------------------------------------------------------------------------------
# `hints` and `options` are name → literal value or name text (`kind=leftouter`, `hint.strategy=shuffle`, `isfuzzy=true`),
# names in lower case, hints without their prefix.

Options = tuple[tuple[str, Any], ...]


class Where(Node, frozen=True, kw_only=True):
    """where, filter."""

    predicate: Expression


class Extend(Node, frozen=True, kw_only=True):
    """extend; columns are `Named` or expressions that get a made-up name."""

    columns: tuple[Expression, ...]


class Project(Node, frozen=True, kw_only=True):
    """project, project-away, project-keep, project-rename, project-reorder, by `form`. In -reorder columns may be `Ordered`
    by name (asc, desc; `nulls_first` True means granny-asc or granny-desc: digits compare as numbers); in -away and -keep they are names, wildcards allowed."""

    form: OneOf["project", "away", "keep", "rename", "reorder"]
    columns: tuple[Expression, ...]


class Summarize(Node, frozen=True, kw_only=True):
    """summarize; `by` keys may be `Named`."""

    aggregates: tuple[Expression, ...]
    by: tuple[Expression, ...] = ()
    hints: Options = ()


class Distinct(Node, frozen=True, kw_only=True):
    """distinct; a single `Star` for `distinct *`."""

    columns: tuple[Expression, ...]


class Sort(Node, frozen=True, kw_only=True):
    """sort by, order by."""

    by: tuple[Expression, ...]
    hints: Options = ()


class Top(Node, frozen=True, kw_only=True):
    """top N by."""

    count: Expression
    by: Expression


class TopNestedClause(Node, frozen=True, kw_only=True):
    """One level of top-nested: `[count] of column [with others = other] by aggregate`."""

    count: Expression | None
    of: Expression
    others: Expression | None
    by: Expression


class TopNested(Node, frozen=True, kw_only=True):
    """top-nested, level by level."""

    clauses: tuple[TopNestedClause, ...]


class TopHitters(Node, frozen=True, kw_only=True):
    """top-hitters N of expression [by summed]."""

    count: Expression
    of: Expression
    by: Expression | None = None


class Take(Node, frozen=True, kw_only=True):
    """take, limit."""

    count: Expression


class Sample(Node, frozen=True, kw_only=True):
    """sample N, or sample-distinct N of expression."""

    count: Expression
    of: Expression | None = None


class Count(Node, frozen=True, kw_only=True):
    """count [as name]."""

    name: str | None = None


class Join(Node, frozen=True, kw_only=True):
    """join kind=… (right) on conditions. A condition is a `Name` or a `Binary` of $left and $right members."""

    right: Expression
    on: tuple[Expression, ...]
    kind: str | None = None
    hints: Options = ()
    options: Options = ()


class Lookup(Node, frozen=True, kw_only=True):
    """lookup kind=… (right) on conditions."""

    right: Expression
    on: tuple[Expression, ...]
    kind: str | None = None


class Union(Node, frozen=True, kw_only=True):
    """union, first or piped. Tables are names (wildcards allowed; a bare `*` is a `Name`, too) or subqueries. Options: kind,
    withsource, isfuzzy."""

    tables: tuple[Expression, ...]
    options: Options = ()


class MvItem(Node, frozen=True, kw_only=True):
    """One column of mv-expand or mv-apply: `[name =] expression [to typeof(type)]`."""

    value: Expression
    to_type: KqlType | None = None


class MvExpand(Node, frozen=True, kw_only=True):
    """mv-expand. `kind` is bag or array (`kind=`/`bagexpansion=`), `item_index` from with_itemindex."""

    items: tuple[MvItem, ...]
    kind: OneOf["bag", "array"] | None = None
    item_index: str | None = None
    limit: Expression | None = None


class MvApply(Node, frozen=True, kw_only=True):
    """mv-apply items on ( operators )."""

    items: tuple[MvItem, ...]
    operators: tuple[Operator, ...]
    item_index: str | None = None
    limit: Expression | None = None


class ParseColumn(Node, frozen=True, kw_only=True):
    """A capture in a parse pattern; type None is string."""

    name: str
    type: KqlType | None = None


class Parse(Node, frozen=True, kw_only=True):
    """parse and parse-where. The pattern is a sequence of literal texts, captures and `Star`s."""

    source: Expression
    pattern: tuple[Literal | ParseColumn | Star, ...]
    kind: OneOf["simple", "regex", "relaxed"] = "simple"
    flags: str = ""
    only_matches: bool = False


class ParseKv(Node, frozen=True, kw_only=True):
    """parse-kv source as (name:type, …) with (options)."""

    source: Expression
    columns: tuple[tuple[str, KqlType], ...]
    options: Options = ()


class SeriesColumn(Node, frozen=True, kw_only=True):
    """One aggregate of make-series with its default value."""

    aggregate: Expression
    default: Expression | None = None


class MakeSeries(Node, frozen=True, kw_only=True):
    """make-series columns on axis [from start] [to stop] step step by keys; the old `in range(start, stop, step)` form
    sets `inclusive` (its stop belongs to the series)."""

    columns: tuple[SeriesColumn, ...]
    axis: Expression
    step: Expression
    start: Expression | None = None
    stop: Expression | None = None
    by: tuple[Expression, ...] = ()
    inclusive: bool = False
    options: Options = ()


class Serialize(Node, frozen=True, kw_only=True):
    """serialize [columns]."""

    columns: tuple[Expression, ...] = ()


class Evaluate(Node, frozen=True, kw_only=True):
    """evaluate plugin(arguments) [: (schema)]. `schema_star` where the schema starts with `*`: all columns of the input."""

    plugin: str
    arguments: tuple[Expression, ...]
    schema: tuple[tuple[str, KqlType], ...] | None = None
    schema_star: bool = False
    hints: Options = ()


class Invoke(Node, frozen=True, kw_only=True):
    """invoke function(arguments); the piped table is the first argument."""

    function: str
    arguments: tuple[Expression, ...]


class As(Node, frozen=True, kw_only=True):
    """as name."""

    name: str


class Render(Node, frozen=True, kw_only=True):
    """render kind with (properties)."""

    kind: str
    properties: Options = ()


class Search(Node, frozen=True, kw_only=True):
    """search [kind=…] [in (tables)] predicate, first or piped. A bare text in the predicate is a `Literal`: any column has it;
    `column:text` is `Binary` with operator `:`."""

    predicate: Expression
    tables: tuple[Expression, ...] = ()
    options: Options = ()


class Find(Node, frozen=True, kw_only=True):
    """find [withsource=…] [in (tables)] where predicate [project …|project-smart|project-away …]. In project,
    `column:type` is a `Binary` with operator `:`."""

    predicate: Expression
    tables: tuple[Expression, ...] = ()
    options: Options = ()
    project: tuple[Expression, ...] | None = None
    project_smart: bool = False
    project_away: tuple[Expression, ...] = ()


class Partition(Node, frozen=True, kw_only=True):
    """partition [hint] by column ( operators ) or { query }."""

    by: Expression
    body: tuple[Operator, ...] | Pipe
    hints: Options = ()


class Fork(Node, frozen=True, kw_only=True):
    """fork [name=](operators) …"""

    branches: tuple[tuple[str | None, tuple[Operator, ...]], ...]


class Facet(Node, frozen=True, kw_only=True):
    """facet by columns [with (operators)]."""

    by: tuple[Expression, ...]
    operators: tuple[Operator, ...] = ()


class ScanStep(Node, frozen=True, kw_only=True):
    """A step of scan."""

    name: str
    condition: Expression
    assignments: tuple[tuple[str, Expression], ...] = ()
    optional: bool = False
    output: str = "all"


class Scan(Node, frozen=True, kw_only=True):
    """scan [with_match_id=…] [declare (…)] with (steps)."""

    steps: tuple[ScanStep, ...]
    declared: tuple[Parameter, ...] = ()
    options: Options = ()
    order_by: tuple[Expression, ...] = ()
    partition_by: tuple[Expression, ...] = ()


class Reduce(Node, frozen=True, kw_only=True):
    """reduce by expression [with threshold=…, characters=…]."""

    by: Expression
    options: Options = ()


class GetSchema(Node, frozen=True, kw_only=True):
    """getschema."""


class Consume(Node, frozen=True, kw_only=True):
    """consume."""

    options: Options = ()


class Print(Node, frozen=True, kw_only=True):
    """print columns."""

    columns: tuple[Expression, ...]


class Range(Node, frozen=True, kw_only=True):
    """range name from start to stop step step."""

    name: str
    start: Expression
    stop: Expression
    step: Expression


class Datatable(Node, frozen=True, kw_only=True):
    """datatable(columns)[values], the values row after row."""

    columns: tuple[tuple[str, KqlType], ...]
    values: tuple[Expression, ...]


class ExternalData(Node, frozen=True, kw_only=True):
    """externaldata(columns)[addresses] with (properties)."""

    columns: tuple[tuple[str, KqlType], ...]
    addresses: tuple[Expression, ...]
    properties: Options = ()


class OtherOperator(Node, frozen=True, kw_only=True):
    """An operator that the parser knows and nothing runs (`graph-match`, `assert-schema` …)."""

    keyword: str


Operator = (
    Where | Extend | Project | Summarize | Distinct | Sort | Top | TopNested | TopHitters | Take | Sample | Count | Join
    | Lookup | Union | MvExpand | MvApply | Parse | ParseKv | MakeSeries | Serialize | Evaluate | Invoke | As | Render
    | Search | Find | Partition | Fork | Facet | Scan | Reduce | GetSchema | Consume | Print | Range | Datatable
    | ExternalData | OtherOperator
)  # fmt: skip
