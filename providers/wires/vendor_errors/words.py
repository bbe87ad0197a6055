"""The codes and phrases by which vendors name their errors: each row names one class of error.

Source: the error pages of the vendors and gateways that `tests/providers/vendor_errors` lists, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from providers import errors


@dataclass(frozen=True, slots=True)
class Row:
    """A class of error, with the codes and the phrases of a message that name it.

    `is_general`: they are weaker evidence than a status 4xx. `at_429`: the phrases count at status 429, too. Other
    phrases do not: there, "too many tokens" means those of a minute, and not a long conversation.
    """

    kind: type[errors.VendorError]
    codes: frozenset[str]
    phrases: re.Pattern[str] | None
    is_general: bool = False
    at_429: bool = False


def _row(
    kind: type[errors.VendorError], codes: str, *phrases: str, is_general: bool = False, at_429: bool = False
) -> Row:
    return Row(kind, frozenset(codes.split()), _any_of(*phrases) if phrases else None, is_general, at_429)


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


ACCOUNT_CLOSED = (
    r"(organization|account|user) (has been |is |was )?(restricted|deactivated|disabled|suspended|banned)|已被封禁"
)
REQUEST_QUOTED = re.compile(r"messages ?= ?\[|input_value=|['\"](role|content|text|input|prompt)\\?['\"]: ?['\"\[{]")
"""The place where a message goes on with the refused request: nobody's words there may be taken for the vendor's."""
OVERLOADED_GATEWAY = re.compile(r"分组(上游)?负载已饱和")
"""The sentence of one-api and new-api for accounts of their own that have no room, whatever the code."""

STATUS_PASSED_ON = re.compile(r"Error code: ([45]\d\d) - ")
"""The beginning of an error of OpenAI's Python SDK, which gateways pass on as a message."""

PASSED_ON = re.compile(r"\b[a-z]{1,40}exception - |error from provider")
"""The words with which LiteLLM and others pass on their own vendor's error: its account is theirs."""

# Codes and phrases are in lower case, as the texts are in which they are searched. A code with a prefix stands in that
# field only. Each gap in a phrase is bounded: else every beginning of a phrase would search the whole rest again.
TABLE: tuple[Row, ...] = (
    _row(
        errors.RegionRefused,
        "unsupported_country_region_territory unsupported_country unsupported_region",
        r"(country|region|territory|location) (is )?not supported",
        r"not (supported|available) in your (country|region|location|territory)",
    ),
    _row(
        errors.QuotaExhausted,
        "insufficient_quota insufficient_user_quota pre_consume_token_quota_failed quota_not_enough "
        "insufficient_balance insufficient_balance_error insufficient_credits reject_no_credit quote_exceeded "
        "billing_hard_limit_reached billing_not_active per_day_quota exceeded_current_quota_error quota_exceeded "
        "budget_exceeded usage_limit_reached credit_limit arrearage accountoverdueerror operationdenied.serviceoverdue "
        "setlimitexceeded allocationquota.freetieronly quota_exhausted modelarts.81005 1113 1308 1309 1310 30001 30011 "
        "base_resp:1008 base_resp:2056 error_code:17",
        r"quota is not enough|remainquota|amount has been exhausted",
        r"insufficient (account )?(balance|quota|credit|fund)",
        r"balance is (insufficient|not enough|too low|overdue)|overdue (balance|payment)|in arrears|good standing",
        r"used all available credits|(run out|out) of credits|requires more credits|not enough credits",
        r"\bno credits|any credits|credits are depleted",
        r"spending limit|exceeded your monthly|monthly included credits|budget has been exceeded",
        r"(daily|weekly|monthly|\d-hour) (usage )?(quota|limit)|usage limit (has been reached|exceeded)",
        r"reached your specified .{0,20}usage limits?|inference limit",
        r"(organization|project) [tr]pd (rate )?limit|free-models-per-day"
        r"|exceeded ?budget|crossed budget",
        r"(free|allocated) (tier|quota)( \w{1,20}){0,4} (exhausted|used up)|account is not active",
        r"额度不足|额度失败|额度已用|额度用尽|额度已耗尽|配额不足|余额不足|欠费|资源包(已)?(用尽|耗尽|用完)",
        at_429=True,
    ),
    # Such a question passes neither later nor with another key of the same tier.
    _row(
        errors.ContextTooLong,
        "",
        r"request too large for|tokens must be reduced in order to run",
        at_429=True,
    ),
    _row(
        errors.ContextTooLong,
        "context_length_exceeded exceed_context_size_error string_above_max_length model_context_window_exceeded "
        "contextwindowexceedederror tokens_too_long characters_too_long tokens_limit_reached request_too_large 1261",
        r"(maximum|available|exceeds?( the| this)?|exceeded|model['’]s) context (limit|length|size|window)",
        r"tokens in (the )?request more than max tokens",
        r"context (length|size|window) (of|is|exceed|has been exceeded)",
        r"(prompt|input)( tokens?)?( length)? (is )?too long|prompt exceeds max length|too many (input )?tokens",
        r"input token count .{0,80}(exceeds|only supports)|range of input length should be|exceeded model token limit",
        r"maximum prompt length is|longer than the (model['’]s |maximum )?context|max input characters is",
        r"must be less than (or equal to )?max_seq_len|`?inputs`? tokens \+ .{1,30} must be <=",
        r"`?inputs`? must have less than|reduce the length of the (messages|prompt|input)",
        r"trying to keep the first \d{1,9} tokens|must be at least 1, got -",
        r"n_keep .{1,20}>= ?n_ctx|上下文长度超|超过.{0,10}上下文",
    ),
    # Also for a breach of rules: that was an earlier one.
    _row(errors.KeyRefused, "organization_restricted account_deactivated", ACCOUNT_CLOSED),
    _row(
        errors.Blocked,
        "content_filter content_policy_violation sensitive_words_detected prompt_blocked moderation_blocked "
        "responsibleaipolicyviolation data_inspection_failed datainspectionfailed flagged_input safety_check_failed "
        "sensitivecontentdetected inputtextsensitivecontentdetected inputimagesensitivecontentdetected "
        "bio_policy misalignment_policy_violation image_content_policy_violation "
        "outputtextsensitivecontentdetected faqruleblocked modelarts.81011 1301 base_resp:1026 base_resp:1027",
        r"content management policy|content filtering policy|sensitive words detected|content exists risk",
        r"(input|prompt|content|request|message) (was|has been|is) flagged",
        r"rejected (as a result of|by) our safety system",
        r"violat(es|ed|ing) .{0,40}(policy|guidelines)",
        r"may contain (inappropriate|sensitive|(severe )?violation|violence)|unsafe or sensitive|considered high risk",
        r"new_sensitive|敏感(词|内容|信息)|内容涉敏|内容违规",
    ),
    _row(
        errors.ModelForbidden,
        "model.accessdenied model_permission_blocked_org model_permission_blocked_project key_model_access_denied "
        "team_model_access_denied user_model_access_denied project_model_access_denied modelnotopen no_access "
        "model_terms_required model_not_available operationdenied.servicenotopen 1220 1311 base_resp:2061 error_code:6",
        r"does not have access to (the )?model|not (allowed|authorized|permitted) to (access|use) .{0,40}model",
        r"may not use this model|access to (the )?model (is )?denied|not activated the model",
        r"is blocked at the (organization|project) level|organization must be verified|not found for account",
        r"not agreed to .{0,40}terms",
        r"not available (on|in|for|with) your (current )?(\w{1,20} )?(plan|subscription|tier)|your data policy",
        r"无权(访问|使用|限使用).{0,10}模型|没有.{0,10}模型.{0,4}权限",
    ),
    # The request itself is at fault, though some of these come with 404, 500 or 503.
    _row(
        errors.BadRequest,
        "literal_error extra_forbidden",
        r"(image|audio|video|file) input is not supported|no endpoints found that support|does not support tools",
        r"system role not supported|roles? (must|should) (be )?alternat|roles should be alternating|角色需交替",
        r"jinja exception|value is not callable|system message must be at the beginning",
        r"should alternate with|unsupported content part type|failed to (parse messages|deserialize)|unknown variant",
    ),
    _row(
        errors.ModelNotFound,
        "model_not_found model_not_exist modelnotfound invalidendpointormodel invalidendpoint "
        "unsupportedmodel model_decommissioned unknown_model invalid_model deploymentnotfound "
        "model_not_supported modelarts.81009 1211 20012 30003",
        r"no (available )?channels? available for model|no available channel for model|无可用渠道|无可用的渠道",
        r"models?/\S{1,200} is not found|model .{1,80}(does not exist|not found|has been decommissioned)",
        r"model (does )?not exist|model disabled|not a valid model|unknown model|no such model|try pulling it first",
        r"unexpected endpoint or method",
        r"model ['‘\"`][^'’\"`]{1,80}['’\"`] is not supported|模型不存在",
    ),
    _row(
        errors.KeyRefused,
        "api_key_invalid invalid_api_key authentication_error unauthenticated permission_denied permission_error "
        "access_denied accessdenied channel:invalid_key service_disabled api-key invalidapikey "
        "invalid_token unauthorized authenticationerror wrong_api_key "
        "invalid_authentication_error token_not_found_in_db expired_key base_resp:1004 base_resp:2049 "
        "error_code:13 error_code:14 error_code:110 error_code:111",
        r"api key not (valid|found)|incorrect api key|invalid (api[ -]?(key|token)|access token|token|authentication)",
        r"api key (status invalid|expired|was reported as leaked)|\b(token|key) (is )?(invalid|expired)",
        r"authentication (error|failed)",
        r"无效的?(令牌|api ?key)|api ?key ?(缺失|无效|已停用)|令牌(已过期|无效|状态不可用|已禁用)",
    ),
    _row(
        errors.VendorTimeout,
        "deadline_exceeded channel:response_time_exceeded timeout timeout_error request_timeout gateway_timeout "
        "vector_store_timeout "
        "base_resp:1001",
    ),
    _row(
        errors.RateLimited,
        "rate_limit_exceeded rate_limit_error rate_limit resource_exhausted too_many_requests tokens requests "
        "throttling ratelimitexceeded ratelimitreached rate_limit_reached_error queue_exceeded token_quota_exceeded "
        "modelarts.81101 modelarts.81103 1302 1303 1305 base_resp:1002 error_code:4 error_code:18",
        r"rate limit|rate-limited|too many requests|throttl|request limit reached",
        r"请求过于频繁|请求频率|速率限制|并发(数)?(过高|超)",
    ),
    _row(
        errors.VendorDown,
        "unavailable internal overloaded_error api_error server_error internal_server_error upstream_error "
        "do_request_failed bad_response_status_code get_channel_failed channel:no_available_key empty_response "
        "bad_response bad_response_body engine_overloaded_error serveroverloaded internalerror internalserviceerror "
        "serviceunavailable provider_error provider_api_error 50508 base_resp:1000 base_resp:1024 base_resp:1033 "
        "error_code:1 error_code:2",
        r"overloaded|upstream error|负载已饱和|system is (too|really) busy",
        is_general=True,
    ),
    _row(
        errors.BadRequest,
        "invalid_argument failed_precondition invalid_request invalid_request_error unsupported_parameter "
        "unsupported_value invalidparameter missingparameter invalid_parameter_error invalid_params bad_request_error "
        "invalid_prompt invalid_image invalid_image_format invalid_base64_image invalid_image_url invalid_image_mode "
        "image_too_large image_too_small image_parse_error image_file_too_large image_file_not_found empty_image_file "
        "unsupported_image_media_type failed_to_download_image invalid_encrypted_content "
        "badrequest badrequesterror validation 1210 1213 1214 1215 base_resp:2013 error_code:3",
        is_general=True,
    ),
)
"""The first row that matches decides, by a code or else by a phrase of the message."""

BUSY = _row(errors.VendorDown, "", r"overloaded|负载已饱和|system is (too|really) busy")
"""Faults that do not depend on the question."""

BY_STATUS: Mapping[int, type[errors.VendorError]] = {
    401: errors.KeyRefused,
    402: errors.QuotaExhausted,
    403: errors.KeyRefused,
    404: errors.ModelNotFound,
    408: errors.VendorTimeout,
    410: errors.ModelNotFound,
    413: errors.ContextTooLong,
    429: errors.RateLimited,
    504: errors.VendorTimeout,
    524: errors.VendorTimeout,
}

PLAINLY_THE_KEY = _row(
    errors.KeyRefused,
    "api_key_invalid invalid_api_key authentication_error unauthenticated channel:invalid_key account_deactivated "
    "invalidapikey wrong_api_key organization_restricted token_not_found_in_db expired_key base_resp:2049 "
    "error_code:110 error_code:111",
    r"api key not (valid|found)|incorrect api key|invalid (api[ -]?(key|token)|token)|api key status invalid",
    r"api key (expired|was reported as leaked)|无效的令牌|令牌已过期",
    ACCOUNT_CLOSED,
)
"""Refusals that are about the key, whatever the question."""

OF_THIS_QUESTION = _row(
    errors.QuotaExhausted,
    # Gateways reserve money for each question by its size: a smaller one may still pass.
    "pre_consume_token_quota_failed insufficient_user_quota quota_not_enough "
    # These are used up for one model.
    "setlimitexceeded allocationquota.freetieronly quota_exhausted",
    r"预扣费|user quota is not enough|can only afford|prompt tokens limit exceeded|inference limit for the",
    r"free-models-per-day|exceeded budget for",
)
"""Empty accounts that may still serve a smaller question, or one to another model."""

UNSUPPORTED = _row(
    errors.BadRequest,
    "unsupported_parameter unsupported_value unknown_parameter extra_forbidden value_error.extra "
    "literal_error enum less_than less_than_equal greater_than greater_than_equal too_long array_above_max_length "
    "integer_above_max_value integer_below_min_value decimal_above_max_value decimal_below_min_value 1214 1215",
    r"unsupported|unknown (parameter|field|argument|name)|unrecogni[sz]ed|not support(ed)?\b|not permitted|not enabled",
    r"extra (fields|inputs)|extra_forbidden|unexpected (keyword|field|parameter|argument)|is deprecated",
    r"invalid (value|parameter|argument)|invalid \S{1,60} value|only .{1,60} (is|are) (allowed|supported|permitted)",
    r"can ?not (both )?be (both )?(specified|set|used)|mutually exclusive|simultaneously",
    r"\brange of|valid range|out of range|array too long|input should be",
    r"(should|must|needs? to) be (in|within|between|at (least|most)|less|greater|lower|higher|one of|<|>|≤|≥|\[)",
    r"不支持|参数.{0,20}(非法|有误|无效|取值范围)",
)
"""Refusals of a parameter, or of its value, for good."""


def is_in(row: Row, codes: frozenset[str], message: str) -> bool:
    """Return whether a code or a phrase of `row` is among `codes` or in `message`, which is in lower case."""
    return not row.codes.isdisjoint(codes) or bool(row.phrases and row.phrases.search(message))
