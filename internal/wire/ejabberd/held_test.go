package ejabberd_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ecluse-ecole/ecluse/internal/wire/wiretest"
)

// broken has two messages wait, of which ejabberd cannot read the first, and lets
// them go, twice within a minute. It says how many still wait, and how often the
// first was tried.
const broken = `
	logger:remove_handler(default),
	{ok, _} = application:ensure_all_started(xmpp),
	ok = mnesia:start(),
	Table = ets:new(mod_ecluse_decisions:table(released, <<"chat.example">>), [named_table, public]),
	{atomic, ok} = mnesia:create_table(ecluse_held, [{type, bag}, {attributes, [us, stamp, packet]}]),
	Us = {<<"pupil1">>, <<"chat.example">>},
	To = {<<"to">>, <<"pupil1@chat.example">>},
	Bad = {xmlel, <<"message">>, [{<<"to">>, <<"@">>}], []},
	Good = {xmlel, <<"message">>, [To, {<<"type">>, <<"chat">>}], []},
	ok = mnesia:dirty_write({ecluse_held, Us, 1, Bad}),
	ok = mnesia:dirty_write({ecluse_held, Us, 2, Good}),
	Release = fun() -> ok = mod_ecluse_held:release(<<"pupil1">>, <<"chat.example">>) end,
	Tries = fun() -> {call_count, N} = erlang:trace_info({xmpp, decode, 3}, call_count), N end,
	code:ensure_loaded(xmpp),
	erlang:trace_pattern({xmpp, decode, 3}, true, [call_count]),
	Release(),
	Once = Tries(),
	Release(),
	io:format("waiting: ~w tries: ~w ~w", [[S || {_, _, S, _} <- mnesia:dirty_read(ecluse_held, Us)], Once, Tries()]),
	halt().
`

// TestWhatCannotBeDelivered: a message that waited and cannot be delivered is not
// lost, the others go, and it is not tried all the time.
func TestWhatCannotBeDelivered(t *testing.T) {
	t.Parallel()
	debian := filepath.Dir(libraries(t))
	starting <- struct{}{}
	defer func() { <-starting }()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, wiretest.Need(t, "erl"), "-noinput", "-pa", compile(t), "-eval", broken)
	c.Env = append(c.Environ(), "ERL_LIBS="+debian, "HOME="+t.TempDir())
	c.Dir = t.TempDir()
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "waiting: [1] tries: 2 2") {
		t.Errorf("%v: %s", err, out)
	}
}
