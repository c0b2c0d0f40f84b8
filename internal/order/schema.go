package order

import _ "embed"

//go:embed order.schema.json
var schema []byte

// Schema is the published JSON Schema (draft 2020-12) of the file form, for
// editors and form builders. It says what a schema can: Parse also verifies the
// hours, the days of the calendar, the territories and what keys mean together.
func Schema() []byte { return append([]byte(nil), schema...) }
