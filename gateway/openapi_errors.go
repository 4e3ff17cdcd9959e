package gateway

import (
	"net/http"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
)

// errorAnswer is one kind of failure that operations have in common.
type errorAnswer struct {
	http     int
	name     string // in components.responses
	possible func(*operation) bool
	// Of the example.
	code codes.Code
	words.Sentence
	// description is in Chinese and English.
	description [2]string
}

func always(*operation) bool        { return true }
func ofCallers(one *operation) bool { return !one.access.GetScope().AsksNoToken() }

func ofChanges(one *operation) bool {
	audit := one.access.GetAudit()
	return audit != accessv1.Audit_AUDIT_NONE && audit != accessv1.Audit_AUDIT_READING
}
func ofBodies(one *operation) bool { return one.Body }
func ofTaggedReads(one *operation) bool {
	return one.Verb == http.MethodGet && len(etagOf(one.Method.Output())) > 0
}

// errorAnswers are the failures that the document tells of, by their status.
var errorAnswers = []errorAnswer{
	{
		http.StatusBadRequest, "BadRequest", always, codes.InvalidArgument, words.InvalidArgument(),
		[2]string{
			"请求有误，或记录的现状不允许这样做；`details` 中的 `BadRequest` 列出有误的字段。",
			"The request has faults, or the state of the record forbids it; " +
				"a `BadRequest` among `details` names the faulty fields.",
		},
	},
	{
		http.StatusUnauthorized, "Unauthorized", ofCallers, codes.Unauthenticated, words.TokenExpired(),
		[2]string{
			"没有令牌，或令牌无效、已过期。",
			"There is no token, or it is not valid or has expired.",
		},
	},
	{
		http.StatusForbidden, "Forbidden", ofCallers, codes.PermissionDenied,
		words.PermissionDenied("network.tips.read", words.Title{ID: "clerk", Zh: "经办人", En: "Clerk"}),
		[2]string{
			"调用者的角色没有这项权限，或此事应由其他单位办理。",
			"The caller's roles don't allow it, or it is for another unit to do.",
		},
	},
	{
		http.StatusNotFound, "NotFound", always, codes.NotFound, words.NotFound("units/340599"),
		[2]string{
			"记录不存在，或调用者无权查看；两者不作区分。",
			"The record does not exist, or the caller may not see it; the two are not told apart.",
		},
	},
	{
		http.StatusConflict, "Conflict", ofChanges, codes.Aborted, words.Conflict(),
		[2]string{
			"记录已经存在，读取之后已有变化（etag），或与另一项操作冲突。",
			"The record exists already, has changed since it was read (etag), or another operation came in between.",
		},
	},
	{
		http.StatusRequestEntityTooLarge, "TooLarge", ofBodies, codes.ResourceExhausted,
		words.BodyTooLarge(strconv.Itoa(DefaultBodyLimit)),
		[2]string{
			"请求体过大。",
			"The body is too large.",
		},
	},
	{
		http.StatusUnsupportedMediaType, "UnsupportedMediaType", ofBodies, codes.InvalidArgument, words.UnsupportedMediaType(),
		[2]string{
			"请求体不是 application/json。",
			"The body is not application/json.",
		},
	},
	{
		http.StatusTooManyRequests, "TooManyRequests", ofChanges, codes.ResourceExhausted, words.Busy(),
		[2]string{
			"当前请求过多；`Retry-After` 给出等待的秒数。",
			"Too much is asked at once; `Retry-After` says how many seconds to wait.",
		},
	},
	{
		http.StatusInternalServerError, "InternalError", always, codes.Internal, words.GatewayInternal(),
		[2]string{
			"系统内部错误；消息中有请求编号。",
			"Something failed inside; the message has the request id.",
		},
	},
	{
		http.StatusServiceUnavailable, "Unavailable", always, codes.Unavailable, words.Unavailable(),
		[2]string{
			"服务暂时不可用，请稍后再试。",
			"The service is not available now; try again later.",
		},
	},
	{
		http.StatusGatewayTimeout, "Timeout", always, codes.DeadlineExceeded, words.DeadlineExceeded(),
		[2]string{
			"处理超时。",
			"The call took too long.",
		},
	},
}

// component is the answer as it stands in components.responses.
func (a errorAnswer) component(d describer) object {
	return object{
		"description": d.pick(a.description[0], a.description[1]),
		"content": object{"application/json": object{
			"schema": object{"$ref": schemaPrefix + statusSchema},
			"example": object{
				"code": int(a.code), "message": a.In(d.lang),
				"details": []any{object{
					"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reasonOf(a.Sentence), "domain": domain,
					"metadata": object{},
				}},
			},
		}},
	}
}

// statusSchema is the form that every error has.
const statusSchema = "google.rpc.Status"

// errorsOf adds to the responses of an operation how it may fail.
func (d describer) errorsOf(one *operation, responses object) {
	for _, answer := range errorAnswers {
		if answer.possible(one) {
			responses[strconv.Itoa(answer.http)] = object{"$ref": "#/components/responses/" + answer.name}
		}
	}
	if ofTaggedReads(one) {
		responses[strconv.Itoa(http.StatusNotModified)] = object{
			"description": d.pick("If-None-Match 中的 etag 仍是现行的，不再返回内容。",
				"The etag in If-None-Match is the current one; there is no content."),
		}
	}
	if other, ok := responses["default"].(object); ok {
		other["description"] = d.pick("其他错误。", "Any other error.")
	}
}
