"""The functions that declared SQL may call: the deterministic built-in functions of Spark 4.2.

Calls are allowed by name. Functions of later Spark versions and functions registered in a session
are refused until they are listed here, since a registered SQL function could read any table.
"""

from __future__ import annotations

AGGREGATES = frozenset(
    """
    any any_value approx_count_distinct approx_percentile approx_top_k array_agg avg bit_and
    bit_or bit_xor bitmap_and_agg bitmap_construct_agg bitmap_or_agg bool_and bool_or
    collect_list collect_set corr count count_if count_min_sketch covar_pop covar_samp every
    first first_value grouping grouping_id histogram_numeric hll_sketch_agg hll_union_agg
    kurtosis last last_value listagg max max_by mean median min min_by mode percentile
    percentile_approx percentile_cont percentile_disc regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy schema_of_variant_agg skewness
    some std stddev stddev_pop stddev_samp string_agg sum try_avg try_sum var_pop var_samp
    variance
    """.split()
)
BY_ORDER_OF_ROWS = frozenset(
    """
    any_value approx_percentile approx_top_k array_agg collect_list collect_set first first_value
    histogram_numeric last last_value listagg max_by min_by mode percentile_approx string_agg
    """.split()
)
"""Aggregates whose result may depend on the order of rows or on how ties are broken."""
WINDOWS = frozenset(
    "cume_dist dense_rank lag lead nth_value ntile percent_rank rank row_number".split()
)
GENERATORS = frozenset(
    """
    explode explode_outer inline inline_outer json_tuple posexplode posexplode_outer stack
    variant_explode variant_explode_outer
    """.split()
)
TIME_WINDOWS = frozenset("session_window window window_time".split())
TABLE_FUNCTIONS = (GENERATORS - {"json_tuple"}) | {"range"}

_TEXT = frozenset(
    """
    aggregate array_join array_max array_min base64 bin btrim char chr coalesce concat concat_ws
    conv date_format decode element_at elt encode format_number format_string from_csv from_json
    get get_json_object greatest hex if ifnull initcap lcase least left lower lpad ltrim
    make_valid_utf8 mask nullif nvl overlay parse_url printf reduce regexp_extract
    regexp_replace regexp_substr repeat replace reverse right rpad rtrim space split_part string
    substr substring substring_index to_char to_csv to_json to_varchar translate trim
    try_element_at try_url_decode try_variant_get ucase unbase64 unhex upper url_decode
    url_encode validate_utf8 variant_get xpath_string
    """.split()
)
_SCALARS = frozenset(
    """
    abs acos acosh add_months and array array_append array_compact array_contains array_distinct
    array_except array_insert array_intersect array_position array_prepend array_remove
    array_repeat array_size array_sort array_union arrays_overlap arrays_zip ascii asin asinh
    atan atan2 atanh between bigint binary bit_count bit_get bit_length bitmap_bit_position
    bitmap_bucket_number bitmap_count boolean bround cardinality cbrt ceil ceiling char_length
    character_length collate collation contains convert_timezone cos cosh cot crc32 csc date
    date_add date_diff date_from_unix_date date_part date_sub date_trunc dateadd datediff
    datepart day dayname dayofmonth dayofweek dayofyear decimal degrees div double e endswith
    equal_null exists exp expm1 extract factorial filter find_in_set flatten float floor forall
    from_unixtime from_utc_timestamp getbit hash hll_sketch_estimate hll_union hour hypot ilike
    in instr int is_valid_utf8 is_valid_variant is_variant_null isnan isnotnull isnull
    json_array_length json_object_keys last_day len length levenshtein like ln locate log log10
    log1p log2 luhn_check make_date make_dt_interval make_interval make_timestamp
    make_timestamp_ltz make_timestamp_ntz make_ym_interval map map_concat map_contains_key
    map_entries map_filter map_from_arrays map_from_entries map_keys map_values map_zip_with md5
    minute mod month monthname months_between named_struct nanvl negative next_day not
    nullifzero nvl2 octet_length or parse_json pi pmod position positive pow power quarter
    radians regexp regexp_count regexp_extract_all regexp_instr regexp_like rint rlike round
    schema_of_csv schema_of_json schema_of_variant sec second sentences sequence sha sha1 sha2
    shiftleft shiftright shiftrightunsigned sign signum sin sinh size slice smallint sort_array
    soundex split sqrt startswith str_to_map struct tan tanh time_bucket timestamp
    timestamp_micros timestamp_millis timestamp_seconds timestampadd timestampdiff tinyint
    to_binary to_date to_number to_timestamp to_timestamp_ltz to_timestamp_ntz to_unix_timestamp
    to_utc_timestamp to_variant_object transform transform_keys transform_values trunc try_add
    try_divide try_make_interval try_make_timestamp try_make_timestamp_ltz
    try_make_timestamp_ntz try_mod try_multiply try_parse_json try_parse_url try_subtract
    try_to_binary try_to_date try_to_number try_to_timestamp try_validate_utf8 typeof unix_date
    unix_micros unix_millis unix_seconds unix_timestamp weekday weekofyear width_bucket xpath
    xpath_boolean xpath_double xpath_float xpath_int xpath_long xpath_number xpath_short
    xxhash64 year zeroifnull zip_with
    """.split()
)
KNOWN = AGGREGATES | WINDOWS | GENERATORS | TIME_WINDOWS | _TEXT | _SCALARS
MAKES_TEXT = _TEXT

CLOCK = frozenset(
    "curdate current_date current_time current_timestamp localtime localtimestamp now".split()
)
SESSION = frozenset(
    """
    current_catalog current_database current_path current_schema current_timezone current_user
    input_file_block_length input_file_block_start input_file_name session_user system_user user
    version
    """.split()
)
_CHANCE = frozenset(
    """
    aes_encrypt monotonically_increasing_id rand randn random randstr shuffle spark_partition_id
    uniform uuid
    """.split()
)
_FOREIGN = frozenset("java_method reflect try_reflect".split())
CALLED_WITHOUT_PARENTHESES = frozenset(
    """
    current_catalog current_database current_date current_path current_schema current_time
    current_timestamp current_user grouping__id localtime localtimestamp session_user user
    """.split()
)
"""Names that Spark reads as calls if no column has the name, quoted or not."""


def refusal(name: str) -> tuple[str, str | None] | None:
    """Why ``name`` (lower case) is refused, and a hint; None where it is allowed."""
    if name in KNOWN:
        return None
    if name in CLOCK:
        return f"{name} is non-deterministic: it reads the clock", "use :as_of in features"
    if name in _CHANCE:
        return f"{name} is non-deterministic", "the same rows must give the same table"
    if name in SESSION:
        return f"{name} depends on the session, not on the data", None
    if name in _FOREIGN:
        return f"{name} runs code outside SQL", "write the transformation in Python"
    if name.startswith("ai_"):
        return f"{name} is non-deterministic", "write the transformation in Python"
    return f"unsupported function '{name}'", "write the transformation in Python"
