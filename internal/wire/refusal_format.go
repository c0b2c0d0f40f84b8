package wire

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
)

const jsonType = "application/json"

// body is the refusal as its reader knows refusals.
func (f Refusal) body(r *http.Request, seconds int) (kind string, body []byte) {
	context := json.RawMessage(f.Answer.Context(f.Action))
	said := f.words().Brief
	switch f.Format {
	case "html":
		return pageType, f.page(seconds)
	case "matrix":
		return encode(f.matrix(r, said, context))
	case "ocs":
		return f.ocs(r, said, context)
	case "rocketchat":
		return encode(rocketError{Status: "error", Error: said, Type: "error-not-allowed", Context: context})
	case "mattermost":
		return encode(mattermostError{ID: "api.ecluse.closed", Message: said, Status: f.Status, Context: context})
	default:
		return jsonType, context
	}
}

func encode[T any](v T) (kind string, body []byte) {
	body, err := json.Marshal(v)
	if err != nil { // strings and JSON of our own do not fail
		return jsonType, []byte("{}")
	}
	return jsonType, body
}

// matrixError is the standard error of the Matrix client-server API, with our
// context beside it under a name of our own, as that API has it.
type matrixError struct {
	Code    string          `json:"errcode"`
	Error   string          `json:"error"`
	Soft    bool            `json:"soft_logout,omitempty"`
	Context json.RawMessage `json:"org.ecluse"`
}

// matrix refuses as a Matrix server does. A token that is not known now may be
// known again later: that of a locked account is. Without soft_logout clients
// would throw away the keys of their encrypted messages (Client-Server API,
// "Soft logout").
func (f Refusal) matrix(r *http.Request, said string, context json.RawMessage) matrixError {
	e := matrixError{Code: "M_FORBIDDEN", Error: said, Context: context}
	if f.Status == http.StatusUnauthorized {
		e.Code = "M_MISSING_TOKEN"
		if r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "access_token=") {
			e.Code, e.Soft = "M_UNKNOWN_TOKEN", true
		}
	}
	return e
}

// rocketError is how the REST API of Rocket.Chat refuses.
type rocketError struct {
	Success bool            `json:"success"`
	Status  string          `json:"status"`
	Error   string          `json:"error"`
	Type    string          `json:"errorType"`
	Context json.RawMessage `json:"ecluse"`
}

// mattermostError is how the API of Mattermost refuses.
type mattermostError struct {
	ID      string          `json:"id"`
	Message string          `json:"message"`
	Detail  string          `json:"detailed_error"`
	Request string          `json:"request_id"`
	Status  int             `json:"status_code"`
	Context json.RawMessage `json:"ecluse"`
}

// ocsMeta is the head of an answer of the Open Collaboration Services, which
// Nextcloud speaks, as JSON or XML.
type ocsMeta struct {
	Status  string `json:"status" xml:"status"`
	Code    int    `json:"statuscode" xml:"statuscode"`
	Message string `json:"message" xml:"message"`
}

type ocsJSON struct {
	OCS struct {
		Meta ocsMeta `json:"meta"`
		Data struct {
			Context json.RawMessage `json:"ecluse"`
		} `json:"data"`
	} `json:"ocs"`
}

type ocsXML struct {
	XMLName xml.Name `xml:"ocs"`
	Meta    ocsMeta  `xml:"meta"`
	Data    struct{} `xml:"data"`
}

// ocs answers in XML, as Nextcloud does, unless JSON was asked for.
func (f Refusal) ocs(r *http.Request, said string, context json.RawMessage) (kind string, body []byte) {
	meta := ocsMeta{"failure", f.Status, said}
	if strings.Contains(r.Header.Get("Accept"), "json") || strings.Contains(r.URL.RawQuery, "format=json") {
		var answer ocsJSON
		answer.OCS.Meta, answer.OCS.Data.Context = meta, context
		return encode(answer)
	}
	body, err := xml.Marshal(ocsXML{Meta: meta})
	if err != nil { // two strings and a number do not fail
		return jsonType, context
	}
	return "application/xml; charset=utf-8", append([]byte(xml.Header), body...)
}
