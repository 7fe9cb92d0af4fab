"""The syntax tree of KQL: what the parser makes of the text, before any name is looked up.

Every node carries its `span` (character offsets) so that later passes can point at the text. Names are as written,
without brackets or quotes. Nodes are frozen; sequences are tuples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from dashboard.table import KqlType


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets in the query text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Base of all nodes."""

    span: Span


# ---- expressions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A constant. `value` by type: str, int (int, long), float (real), bool, Decimal, guid text (lower case),
    datetime as a naive UTC datetime, timespan as ticks (int), dynamic as its JSON value; None is the typed null."""

    type: KqlType
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A bare or bracketed name: column, table, let variable. `quoted` where it was written `['…']`; `wildcard` where it
    holds `*` (`Event*` in union, project-away, project-keep, project-reorder)."""

    name: str
    quoted: bool = False
    wildcard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Star(Node):
    """A bare `*`: all columns, or any column in `where * has`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Node):
    """`target.name`: a field of a dynamic value, `$left.Column`, or `workspace('w').Table`."""

    target: Expression
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Node):
    """`target[index]`."""

    target: Expression
    index: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """`name(arguments)`. Arguments may be `Named` (`f(a=1)`), `Star`, `Subquery` (tabular arguments). `target` is what
    stands before a dot: `cluster('c').database('d')`. `typeof(long)` is a call whose argument is the type's `Name` (of the
    ten KQL types); in `typeof(a:string)` it is a `Binary` with operator `:`."""

    name: str
    arguments: tuple[Expression, ...]
    target: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    """`-x` or `+x`."""

    operator: OneOf["-", "+"]
    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """Arithmetic (+ - * / %), comparison (== != < <= > >= =~ !~ <> as !=), logic (and, or) and string operators
    (has, !has, has_cs, contains, startswith, hasprefix, `matches regex`, …), the operator as KQL spells it in lower case."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class InList(Node):
    """`operand in (items)`: operator one of in, !in, in~, !in~, has_any, has_all. An item may be a `Subquery` or the name
    of a tabular let."""

    operator: str
    operand: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between(Node):
    """`operand between (low .. high)`."""

    operand: Expression
    low: Expression
    high: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Node):
    """`name = value`, or `(a, b) = value` with several names."""

    names: tuple[str, ...]
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Node):
    """A parameter of a let function or of declare query_parameters: scalar (`type`), or tabular (`columns`; an empty
    tuple is `(*)`), with a default where it has one."""

    name: str
    type: KqlType | None = None
    columns: tuple[tuple[str, KqlType], ...] | None = None
    default: Literal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Node):
    """`(parameters) { body }`, `view () { body }`. The body may hold let statements before its result."""

    parameters: tuple[Parameter, ...]
    statements: tuple[Statement, ...]
    body: Pipe
    is_view: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery(Node):
    """A pipe used as an expression: in parentheses, as an argument of toscalar, materialize, join, union, in."""

    pipe: Pipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered(Node):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe(Node):
    """`source | operator | …`. The source is an expression that names or makes a table, or an operator that stands first
    (datatable, range, print, union, search, find, externaldata, evaluate). In a scalar let or function body the source
    is the scalar expression and `operators` is empty: the binder decides by what the names mean."""

    source: Expression | Operator
    operators: tuple[Operator, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Let(Node):
    """`let name = value;` value: scalar expression, `Subquery`, or `Function`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOption(Node):
    """`set name = value;`"""

    name: str
    value: Literal | Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareParameters(Node):
    """`declare query_parameters(…);`"""

    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherStatement(Node):
    """A statement that parses and is refused or ignored later: alias, declare pattern, restrict access."""

    keyword: str
    text: str


Statement = Let | SetOption | DeclareParameters | OtherStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Node):
    """A whole text: statements and the result pipe (None where only statements stand). Where the text asks for several
    results, `pipe` is the first and `more` holds the others; a let sees the names of all lets before it."""

    statements: tuple[Statement, ...]
    pipe: Pipe | None
    more: tuple[Pipe, ...] = ()


# ---- tabular operators ---------------------------------------------------------------------------------------------
# `hints` and `options` are name → literal value or name text (`kind=leftouter`, `hint.strategy=shuffle`, `isfuzzy=true`),
# names in lower case, hints without their prefix.

Options = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where(Node):
    """where, filter."""

    predicate: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(Node):
    """extend; columns are `Named` or expressions that get a made-up name."""

    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Node):
    """project, project-away, project-keep, project-rename, project-reorder, by `form`. In -reorder columns may be `Ordered`
    by name (asc, desc; `nulls_first` True means granny-asc or granny-desc: digits compare as numbers); in -away and -keep they are names, wildcards allowed."""

    form: OneOf["project", "away", "keep", "rename", "reorder"]
    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarize(Node):
    """summarize; `by` keys may be `Named`."""

    aggregates: tuple[Expression, ...]
    by: tuple[Expression, ...] = ()
    hints: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct(Node):
    """distinct; a single `Star` for `distinct *`."""

    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort(Node):
    """sort by, order by."""

    by: tuple[Expression, ...]
    hints: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Top(Node):
    """top N by."""

    count: Expression
    by: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class TopNestedClause(Node):
    """One level of top-nested: `[count] of column [with others = other] by aggregate`."""

    count: Expression | None
    of: Expression
    others: Expression | None
    by: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class TopNested(Node):
    """top-nested, level by level."""

    clauses: tuple[TopNestedClause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopHitters(Node):
    """top-hitters N of expression [by summed]."""

    count: Expression
    of: Expression
    by: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Take(Node):
    """take, limit."""

    count: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Node):
    """sample N, or sample-distinct N of expression."""

    count: Expression
    of: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Node):
    """count [as name]."""

    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Node):
    """join kind=… (right) on conditions. A condition is a `Name` or a `Binary` of $left and $right members."""

    right: Expression
    on: tuple[Expression, ...]
    kind: str | None = None
    hints: Options = ()
    options: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Node):
    """lookup kind=… (right) on conditions."""

    right: Expression
    on: tuple[Expression, ...]
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Union(Node):
    """union, first or piped. Tables are names (wildcards allowed; a bare `*` is a `Name`, too) or subqueries. Options: kind,
    withsource, isfuzzy."""

    tables: tuple[Expression, ...]
    options: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MvItem(Node):
    """One column of mv-expand or mv-apply: `[name =] expression [to typeof(type)]`."""

    value: Expression
    to_type: KqlType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MvExpand(Node):
    """mv-expand. `kind` is bag or array (`kind=`/`bagexpansion=`), `item_index` from with_itemindex."""

    items: tuple[MvItem, ...]
    kind: OneOf["bag", "array"] | None = None
    item_index: str | None = None
    limit: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MvApply(Node):
    """mv-apply items on ( operators )."""

    items: tuple[MvItem, ...]
    operators: tuple[Operator, ...]
    item_index: str | None = None
    limit: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseColumn(Node):
    """A capture in a parse pattern; type None is string."""

    name: str
    type: KqlType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parse(Node):
    """parse and parse-where. The pattern is a sequence of literal texts, captures and `Star`s."""

    source: Expression
    pattern: tuple[Literal | ParseColumn | Star, ...]
    kind: OneOf["simple", "regex", "relaxed"] = "simple"
    flags: str = ""
    only_matches: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseKv(Node):
    """parse-kv source as (name:type, …) with (options)."""

    source: Expression
    columns: tuple[tuple[str, KqlType], ...]
    options: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesColumn(Node):
    """One aggregate of make-series with its default value."""

    aggregate: Expression
    default: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeSeries(Node):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Serialize(Node):
    """serialize [columns]."""

    columns: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate(Node):
    """evaluate plugin(arguments) [: (schema)]. `schema_star` where the schema starts with `*`: all columns of the input."""

    plugin: str
    arguments: tuple[Expression, ...]
    schema: tuple[tuple[str, KqlType], ...] | None = None
    schema_star: bool = False
    hints: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoke(Node):
    """invoke function(arguments); the piped table is the first argument."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class As(Node):
    """as name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Render(Node):
    """render kind with (properties)."""

    kind: str
    properties: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Node):
    """search [kind=…] [in (tables)] predicate, first or piped. A bare text in the predicate is a `Literal`: any column has it;
    `column:text` is `Binary` with operator `:`."""

    predicate: Expression
    tables: tuple[Expression, ...] = ()
    options: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Find(Node):
    """find [withsource=…] [in (tables)] where predicate [project …|project-smart|project-away …]. In project,
    `column:type` is a `Binary` with operator `:`."""

    predicate: Expression
    tables: tuple[Expression, ...] = ()
    options: Options = ()
    project: tuple[Expression, ...] | None = None
    project_smart: bool = False
    project_away: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition(Node):
    """partition [hint] by column ( operators ) or { query }."""

    by: Expression
    body: tuple[Operator, ...] | Pipe
    hints: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork(Node):
    """fork [name=](operators) …"""

    branches: tuple[tuple[str | None, tuple[Operator, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet(Node):
    """facet by columns [with (operators)]."""

    by: tuple[Expression, ...]
    operators: tuple[Operator, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanStep(Node):
    """A step of scan."""

    name: str
    condition: Expression
    assignments: tuple[tuple[str, Expression], ...] = ()
    optional: bool = False
    output: str = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan(Node):
    """scan [with_match_id=…] [declare (…)] with (steps)."""

    steps: tuple[ScanStep, ...]
    declared: tuple[Parameter, ...] = ()
    options: Options = ()
    order_by: tuple[Expression, ...] = ()
    partition_by: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduce(Node):
    """reduce by expression [with threshold=…, characters=…]."""

    by: Expression
    options: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSchema(Node):
    """getschema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consume(Node):
    """consume."""

    options: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Print(Node):
    """print columns."""

    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Node):
    """range name from start to stop step step."""

    name: str
    start: Expression
    stop: Expression
    step: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Datatable(Node):
    """datatable(columns)[values], the values row after row."""

    columns: tuple[tuple[str, KqlType], ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalData(Node):
    """externaldata(columns)[addresses] with (properties)."""

    columns: tuple[tuple[str, KqlType], ...]
    addresses: tuple[Expression, ...]
    properties: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherOperator(Node):
    """An operator that the parser knows and nothing runs (`graph-match`, `assert-schema` …)."""

    keyword: str


Operator = (
    Where | Extend | Project | Summarize | Distinct | Sort | Top | TopNested | TopHitters | Take | Sample | Count | Join
    | Lookup | Union | MvExpand | MvApply | Parse | ParseKv | MakeSeries | Serialize | Evaluate | Invoke | As | Render
    | Search | Find | Partition | Fork | Facet | Scan | Reduce | GetSchema | Consume | Print | Range | Datatable
    | ExternalData | OtherOperator
)  # fmt: skip
