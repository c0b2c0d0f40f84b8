# Écluse: the commands of the house. `make test` is all a newcomer needs.

GO ?= go
TEMPL = $(GO) run github.com/a-h/templ/cmd/templ@v0.3.977
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

# SQLite is C made Go: that its pointers stay in bounds is asked at each of its
# steps, and is not what our race tests are after. It took a quarter of their time.
UNCHECKED = '-gcflags=modernc.org/...=-d=checkptr=0'

.PHONY: test check generate bench fuzz pictures

# Every suite: unit, property, database (SQLite and PostgreSQL), commands, and a
# real browser. Installs what it needs where it can.
test:
	scripts/test.sh

# What CI asks of a change before it runs: formatting, vet, static analysis,
# floors, generated files unchanged, go.mod tidy, the peers of bench/ still
# agreeing, the race detector (on SQLite; "make test" runs both databases).
check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(GO) mod tidy -diff
	$(TEMPL) generate -path internal/web/page >/dev/null
	@git diff --exit-code --stat -- internal/web/page || { echo "generated pages differ from their templates: commit them"; exit 1; }
	$(GO) test -run 'Floors' .
	cd bench && $(GO) vet ./... && $(GO) test ./...
	scripts/test.sh -race -short $(UNCHECKED) . ./internal/store ./internal/gate ./internal/clock ./internal/web

# Pages from their templates.
generate:
	$(TEMPL) generate -path internal/web/page

# Écluse's figures beside its peers', in one run.
bench:
	$(GO) test -run '^$$' -bench 'ScheduleAt|Compile' -benchmem ./hours
	$(GO) test -run '^$$' -bench 'Decide|Compile' -benchmem ./internal/gate
	cd bench && $(GO) test -bench . -benchmem ./...

# Each fuzz target for a short while.
fuzz:
	scripts/fuzz.sh 20s

# The pictures of README and docs, taken from the real demo.
pictures:
	ECLUSE_PICTURES=$(CURDIR)/docs/pictures $(GO) test -count=1 -run TestPictures ./cmd/ecluse
