%%% Asks Écluse, and keeps what it says only as long as it surely holds.
%%%
%%% Two requests, both with the point's token: a stream of changes, which is the
%%% proof that Écluse is there, and questions (OpenID AuthZEN, evaluations). An
%%% answer is kept until the next change, until the instant that it names itself,
%%% and never while the last word on the stream is older than `stale_after'.
%%% Whatever is not answered in time is closed.
%%%
%%% Answers are kept by key: an account's name, or {name, role}: what the account
%%% may do towards people of that role. They stand in a table of the process, so
%%% that sessions read them without asking anybody.

-module(mod_ecluse_decisions).
-behaviour(gen_server).

-export([known/2, answer/2, undecided/0, table/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-include_lib("kernel/include/logger.hrl").

-define(PATIENCE, 2000). % milliseconds that a question may take
-define(AT_ONCE, 200). % questions in one request
-define(PROFILE, mod_ecluse).
-define(SELF_TEST, <<"ecluse:self-test">>). % an account that is always closed

-type key() :: binary() | {binary(), binary()} | self_test.
-type answer() :: #{access := 0..3, french := binary(), english := binary(), _ => _}.

%%% For sessions

%% known is the answer that holds, or none.
-spec known(binary(), key()) -> answer() | none.
known(Host, Key) ->
    Table = table(answers, Host),
    try {ets:lookup(Table, word), ets:lookup(Table, {answer, Key})} of
        {[Word], [{_, Answer}]} ->
            case fresh(Word) andalso holds(Answer, Word) of
                true -> Answer;
                false -> none
            end;
        _ -> none
    catch error:badarg -> none % the table is being made
    end.

%% answer is what holds for a key; it waits for Écluse if it must, and is closed
%% where nothing comes in time.
-spec answer(binary(), key()) -> answer().
answer(Host, Key) ->
    case known(Host, Key) of
        none ->
            try gen_server:call(gen_mod:get_module_proc(Host, ?MODULE), {ask, Key}, ?PATIENCE)
            catch exit:_ -> undecided()
            end;
        Answer -> Answer
    end.

-spec undecided() -> answer().
undecided() ->
    French = <<"La messagerie est fermée : il n’est pas possible de vérifier en ce moment si elle peut être ouverte. Réessayez dans quelques minutes."/utf8>>,
    English = <<"Messaging is closed: whether it may be open cannot be verified at the moment. Try again in a few minutes.">>,
    #{access => 0, limits => #{}, french => French, english => English, french_brief => French, english_brief => English}.

%% table is a table of a host: answers; wrote, who wrote to whom; sent, who sent
%% when; released, whose messages were let go when. All but the first are anybody's
%% to fill.
-spec table(answers | wrote | sent | released, binary()) -> atom().
table(answers, Host) -> gen_mod:get_module_proc(Host, mod_ecluse_answers);
table(wrote, Host) -> gen_mod:get_module_proc(Host, mod_ecluse_wrote);
table(sent, Host) -> gen_mod:get_module_proc(Host, mod_ecluse_sent);
table(released, Host) -> gen_mod:get_module_proc(Host, mod_ecluse_released).

%% A word is the last one heard on the stream: when, by a clock that nobody sets;
%% the time it told; how fast that time runs; how long it counts.
fresh({word, Heard, _, _, Stale}) -> now_ms() - Heard =< Stale.

%% What was asked less than a second ago counts whatever the clocks say.
holds(#{till := Till, asked := Asked}, {word, Heard, Server, Speed, _}) ->
    Now = now_ms(),
    Now - Asked < 1000 orelse Server + (Now - Heard) / 1000 * Speed < Till;
holds(_, _) -> true.

now_ms() -> erlang:monotonic_time(millisecond).

%%% The process

init([Host, Opts]) ->
    process_flag(trap_exit, true),
    Table = ets:new(table(answers, Host), [named_table, protected, set, {read_concurrency, true}]),
    [ets:new(table(Of, Host), [named_table, public, set]) || Of <- [wrote, sent, released]],
    {ok, _} = application:ensure_all_started(inets),
    {ok, _} = application:ensure_all_started(ssl),
    case inets:start(httpc, [{profile, ?PROFILE}]) of
        {ok, _} -> ok;
        {error, {already_started, _}} -> ok
    end,
    ok = httpc:set_options([{max_sessions, 1000}], ?PROFILE),
    self() ! listen,
    erlang:send_after(500, self(), tick),
    erlang:send_after(500, self(), test),
    {ok, #{
        host => Host, table => Table,
        url => string:trim(binary_to_list(gen_mod:get_opt(url, Opts)), trailing, "/"),
        token => token(gen_mod:get_opt(token_file, Opts)),
        as_jid => gen_mod:get_opt(login, Opts) == jid,
        stale => gen_mod:get_opt(stale_after, Opts) * 1000,
        tide => 0, % counts changes: an answer of an earlier one is worth nothing
        asking => #{}, % by key: who waits for the answer, and when it was asked
        since => #{}, % by key that must be known: since when it is not
        requests => #{}, % by request: what it is for
        stream => none, left => <<>>, began => now_ms(),
        event => <<"message">>, data => none,
        version => none, ready => none, broken => false, quiet => false, flushing => false}}.

token(Path) ->
    {ok, Text} = file:read_file(Path),
    case string:lexemes(Text, " \t\r\n") of
        [Token] -> binary_to_list(Token);
        _ -> error({mod_ecluse, "token_file must hold one token and nothing else", Path})
    end.

handle_call({ask, Key}, From, State) ->
    #{host := Host} = State,
    case known(Host, Key) of
        none -> {noreply, enqueue(Key, From, State)};
        Answer -> {reply, Answer, State}
    end;
handle_call(_, _, State) -> {reply, ok, State}.

handle_cast({ask, Key}, State) -> {noreply, enqueue(Key, State)};
handle_cast(_, State) -> {noreply, State}.

handle_info(listen, State) -> {noreply, listen(State)};
handle_info(flush, State) -> {noreply, flush(State#{flushing => false})};
handle_info(tick, State) ->
    erlang:send_after(500, self(), tick),
    {noreply, tick(State)};
handle_info(test, #{broken := Broken} = State) ->
    case listening(State) orelse Broken of
        true ->
            erlang:send_after(15000, self(), test),
            {noreply, ask_about([self_test], State)};
        false ->
            erlang:send_after(500, self(), test),
            {noreply, State}
    end;
handle_info({http, {Ref, stream, Part}}, #{stream := Ref} = State) -> {noreply, read_stream(Part, State)};
handle_info({http, {Ref, stream_start, _}}, #{stream := Ref} = State) -> {noreply, State};
handle_info({http, {Ref, stream_end, _}}, #{stream := Ref} = State) -> {noreply, listen_again(State)};
handle_info({http, {Ref, Result}}, #{stream := Ref} = State) ->
    case Result of
        {{_, Code, _}, _, _} when Code == 401; Code == 403 ->
            ?LOG_ERROR("Écluse refuses the token (~B): everybody stays closed. Make one with \"ecluse point add\".", [Code]);
        _ -> ok
    end,
    {noreply, listen_again(State)};
handle_info({http, {Ref, Result}}, #{requests := Requests} = State) ->
    case maps:take(Ref, Requests) of
        {Purpose, Rest} -> {noreply, came(Purpose, Result, State#{requests => Rest})};
        error -> {noreply, State}
    end;
handle_info(_, State) -> {noreply, State}.

terminate(_, #{stream := Ref}) ->
    Ref == none orelse httpc:cancel_request(Ref, ?PROFILE),
    ok.

%%% The stream of changes (text/event-stream)

listen(#{url := Url, stale := Stale} = State) ->
    Path = io_lib:format("~s/gate/changes?tick=~Bms", [Url, Stale div 4]),
    Request = {lists:flatten(Path), [{"accept", "text/event-stream"} | headers(State)]},
    case httpc:request(get, Request, [{connect_timeout, ?PATIENCE}, {timeout, infinity} | tls(Url)],
                       [{sync, false}, {stream, self}, {body_format, binary}], ?PROFILE) of
        {ok, Ref} -> State#{stream => Ref, left => <<>>, event => <<"message">>, data => none, began => now_ms()};
        {error, _} -> listen_again(State)
    end.

listen_again(State) ->
    erlang:send_after(200 + rand:uniform(300), self(), listen),
    State#{stream => none}.

headers(#{token := Token}) -> [{"authorization", "Bearer " ++ Token}, {"connection", "close"}].

tls("https:" ++ _) -> [{ssl, [{verify, verify_peer}, {cacerts, public_key:cacerts_get()},
    {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}]}];
tls(_) -> [].

read_stream(Part, #{left := Left} = State) ->
    Lines = binary:split(<<Left/binary, Part/binary>>, <<"\n">>, [global]),
    {Whole, [Rest]} = lists:split(length(Lines) - 1, Lines),
    lists:foldl(fun read_line/2, State#{left => binary:part(Rest, 0, min(byte_size(Rest), 65536))}, Whole).

read_line(Line, #{event := Event, data := Data} = State) ->
    case string:trim(Line, trailing, "\r") of
        <<>> when Data == none -> State#{event => <<"message">>};
        <<>> -> word(Event, Data, State#{event => <<"message">>, data => none});
        <<"event:", Value/binary>> -> State#{event => string:trim(Value)};
        <<"data:", Value/binary>> when Data == none -> State#{data => string:trim(Value)};
        <<"data:", Value/binary>> -> State#{data => <<Data/binary, "\n", (string:trim(Value))/binary>>};
        _ -> State
    end.

%% word hears one event. Only what can be read counts as a word.
word(Event, Text, #{table := Table, stale := Stale, broken := Broken, version := Version, ready := Ready} = State) ->
    case decode(Text) of
        #{<<"time">> := Time} = Doc ->
            Before = listening(State),
            Speed = case maps:get(<<"speed">>, Doc, 1) of S when is_number(S) -> S; _ -> 1 end,
            case seconds(Time) of
                Server when is_number(Server), not Broken ->
                    ets:insert(Table, {word, now_ms(), Server, Speed, Stale}),
                    Now = {maps:get(<<"version">>, Doc, none), maps:get(<<"ready">>, Doc, none)},
                    turn_if(Event == <<"snapshot">> orelse Now /= {Version, Ready} orelse not Before, Now, State);
                _ -> State
            end;
        _ -> State
    end.

turn_if(false, _, State) -> State;
turn_if(true, {Version, Ready}, #{quiet := Quiet} = State) ->
    Quiet andalso ?LOG_NOTICE("Écluse is there again", []),
    turn(State#{version => Version, ready => Ready, quiet => false}).

listening(#{table := Table}) ->
    case ets:lookup(Table, word) of
        [Word] -> fresh(Word);
        [] -> false
    end.

%% turn forgets every answer and asks anew about those that must be known.
turn(#{table := Table, tide := Tide, host := Host, asking := Asking, since := Since} = State) ->
    ets:match_delete(Table, {{answer, '_'}, '_'}),
    Wanted = mod_ecluse:wanted(Host),
    Now = now_ms(),
    Unsent = maps:map(fun(_, {Waiting, _}) -> {Waiting, none} end, Asking),
    Missing = maps:from_list([{Key, maps:get(Key, Since, Now)} || Key <- Wanted]),
    lists:foldl(fun enqueue/2, State#{tide => Tide + 1, asking => Unsent, since => Missing}, Wanted).

%%% Questions

enqueue(Key, State) -> enqueue(Key, none, State).

enqueue(Key, From, #{asking := Asking} = State) ->
    {Waiting, Sent} = maps:get(Key, Asking, {[], none}),
    All = case From of none -> Waiting; _ -> [From | Waiting] end,
    soon(State#{asking => Asking#{Key => {All, Sent}}}).

soon(#{flushing := true} = State) -> State;
soon(State) ->
    self() ! flush,
    State#{flushing => true}.

flush(#{asking := Asking} = State) ->
    case listening(State) of
        false -> State;
        true ->
            Now = now_ms(),
            Unsent = [Key || {Key, {_, none}} <- maps:to_list(Asking)],
            Marked = maps:map(fun(_, {Waiting, none}) -> {Waiting, Now}; (_, Sent) -> Sent end, Asking),
            send_parts(Unsent, State#{asking => Marked})
    end.

send_parts([], State) -> State;
send_parts(Keys, State) ->
    {Part, Rest} = lists:split(min(?AT_ONCE, length(Keys)), Keys),
    send_parts(Rest, ask_about(Part, State)).

ask_about(Keys, #{tide := Tide} = State) ->
    Document = {[
        {<<"resource">>, {[{<<"type">>, <<"messaging">>}, {<<"id">>, <<"any">>},
                           {<<"properties">>, {[{<<"service">>, <<"chat">>}]}}]}},
        {<<"evaluations">>, [question(Key, State) || Key <- Keys]}]},
    post("/access/v1/evaluations", Document, {evaluations, Keys, Tide}, State).

question(Key, State) ->
    {Login, Action} = case Key of
        self_test -> {?SELF_TEST, []};
        {Name, Role} -> {login(Name, State), [{<<"properties">>, {[{<<"with">>, Role}]}}]};
        Name -> {login(Name, State), []}
    end,
    {[{<<"subject">>, {[{<<"type">>, <<"user">>}, {<<"id">>, Login}]}},
      {<<"action">>, {[{<<"name">>, <<"session.open">>} | Action]}}]}.

%% login is what Écluse knows an account by. Characters that an address cannot
%% hold are written as \40 and the like (XEP-0106).
login(Name, #{as_jid := true, host := Host}) -> <<Name/binary, "@", Host/binary>>;
login(Name, _) -> unescape(Name).

unescape(<<"\\", A, B, Rest/binary>>) ->
    case lists:member([A, B], ["20", "22", "26", "27", "2f", "3a", "3c", "3e", "40", "5c"]) of
        true -> <<(list_to_integer([A, B], 16)), (unescape(Rest))/binary>>;
        false -> <<"\\", (unescape(<<A, B, Rest/binary>>))/binary>>
    end;
unescape(<<C, Rest/binary>>) -> <<C, (unescape(Rest))/binary>>;
unescape(<<>>) -> <<>>.

post(Path, Document, Purpose, #{url := Url, requests := Requests} = State) ->
    Request = {Url ++ Path, headers(State), "application/json", jiffy:encode(Document)},
    case httpc:request(post, Request, [{connect_timeout, ?PATIENCE}, {timeout, ?PATIENCE} | tls(Url)],
                       [{sync, false}, {body_format, binary}], ?PROFILE) of
        {ok, Ref} -> State#{requests => Requests#{Ref => Purpose}};
        {error, Reason} -> came(Purpose, {error, Reason}, State)
    end.

%% came takes what came back.
came(report, _, State) -> State;
came({evaluations, Keys, Tide}, Result, State) ->
    case read(Result, length(Keys)) of
        failed ->
            ?LOG_WARNING("Écluse did not answer a question: whoever it was about stays closed", []),
            lists:foldl(fun(Key, S) -> settle(Key, undecided(), S) end, State, Keys -- [self_test]);
        Answers -> answered(lists:zip(Keys, Answers), Tide, State)
    end.

answered([{self_test, Answer}], _, State) -> tested(Answer, State);
answered(Pairs, Tide, #{tide := Tide} = State) -> lists:foldl(fun hear/2, State, Pairs);
answered(Pairs, _, #{asking := Asking} = State) -> % decided before the change: ask again
    Again = lists:foldl(fun({Key, _}, A) ->
        case A of
            #{Key := {Waiting, _}} -> A#{Key => {Waiting, none}};
            _ -> A
        end
    end, Asking, Pairs),
    soon(State#{asking => Again}).

hear({Key, Answer}, #{table := Table, host := Host, since := Since} = State) ->
    ets:insert(Table, {{answer, Key}, Answer}),
    case listening(State) of
        true ->
            mod_ecluse:told(Host, Key, Answer),
            settle(Key, Answer, State#{since => maps:remove(Key, Since)});
        false -> settle(Key, undecided(), State)
    end.

settle(Key, Answer, #{asking := Asking} = State) ->
    case maps:take(Key, Asking) of
        {{Waiting, _}, Rest} ->
            [gen_server:reply(From, Answer) || From <- Waiting],
            State#{asking => Rest};
        error -> State
    end.

%% tested hears of the account that is always closed, and reports. If it were
%% open, nothing that comes from there could be believed.
tested(#{access := Access}, #{host := Host, table := Table, version := Version} = State) ->
    Broken = Access > 0,
    Broken andalso begin
        ?LOG_ERROR("The account that is always closed is open: everybody stays closed. Is url Écluse's?", []),
        ets:delete(Table, word)
    end,
    Now = list_to_binary(calendar:system_time_to_rfc3339(erlang:system_time(second), [{offset, "Z"}])),
    Report = {[
        {<<"instance">>, <<Host/binary, " ", (atom_to_binary(node(), utf8))/binary>>},
        {<<"software">>, iolist_to_binary(["ejabberd ", ejabberd_option:version()])},
        {<<"time">>, Now}, {<<"version">>, case is_integer(Version) of true -> Version; false -> 0 end},
        {<<"live">>, ejabberd_sm:get_vh_session_number(Host)},
        {<<"self_test">>, {[{<<"at">>, Now}, {<<"refused">>, not Broken}]}}]},
    post("/gate/report", Report, report, State#{broken => Broken}).

%%% Keeping watch

tick(State) ->
    case listening(State) of
        true -> mend(State);
        false -> close_silent(State)
    end.

%% mend asks again for what is missing, and gives up on what stays so.
mend(#{host := Host, since := Since, stale := Stale, asking := Asking} = State) ->
    Now = now_ms(),
    Late = [Key || {Key, {_, Sent}} <- maps:to_list(Asking), Sent /= none, Now - Sent > ?PATIENCE],
    Settled = lists:foldl(fun(Key, S) -> settle(Key, undecided(), S) end, State, Late),
    Missing = [Key || Key <- mod_ecluse:wanted(Host), known(Host, Key) == none],
    Marked = maps:from_list([{Key, maps:get(Key, Since, Now)} || Key <- Missing]),
    [mod_ecluse:told(Host, Key, undecided()) || {Key, From} <- maps:to_list(Marked), Now - From > Stale],
    %% A message may have been kept in the moment in which its account opened.
    [mod_ecluse:told(Host, Name, known(Host, Name)) || Name <- mod_ecluse_held:names(Host), known(Host, Name) /= none],
    lists:foldl(fun enqueue/2, Settled#{since => Marked}, Missing).

%% close_silent closes everybody when nothing has been heard for too long.
close_silent(#{host := Host, quiet := Quiet, stale := Stale, asking := Asking} = State) ->
    Quiet orelse ?LOG_ERROR("No word from Écluse: everybody is closed until it is there (~B s of silence are borne)", [Stale div 1000]),
    [mod_ecluse:told(Host, Key, undecided()) || Key <- mod_ecluse:wanted(Host)],
    Settled = lists:foldl(fun(Key, S) -> settle(Key, undecided(), S) end, State, maps:keys(Asking)),
    restart(Settled#{quiet => true, since => #{}}).

%% restart leaves a stream that says nothing and listens anew.
restart(#{stream := Ref, began := Began, stale := Stale} = State) when Ref /= none ->
    case now_ms() - Began > Stale of
        true ->
            httpc:cancel_request(Ref, ?PROFILE),
            listen(State);
        false -> State
    end;
restart(State) -> State.

%%% Reading

read({{_, 200, _}, _, Body}, Count) ->
    case decode(Body) of
        #{<<"evaluations">> := List} when is_list(List), length(List) == Count -> [answer_of(E) || E <- List];
        _ -> failed
    end;
read(_, _) -> failed.

%% answer_of reads one evaluation. What cannot be read is closed, and so is what
%% was refused, whatever its context says.
answer_of(#{<<"context">> := #{<<"access">> := Word} = C} = E) ->
    Rank = proplists:get_value(Word, [{<<"closed">>, 0}, {<<"read">>, 1}, {<<"reply">>, 2}, {<<"write">>, 3}], 0),
    #{french := Fr, english := En} = undecided(),
    BriefFr = sentence(<<"brief">>, <<"fr">>, C, Fr),
    BriefEn = sentence(<<"brief">>, <<"en">>, C, En),
    Answer = #{
        access => case maps:get(<<"decision">>, E, false) of true -> Rank; _ -> 0 end,
        role => maps:get(<<"role">>, C, none), asked => now_ms(),
        limits => case maps:get(<<"limits">>, C, #{}) of L when is_map(L) -> L; _ -> #{} end,
        french_brief => BriefFr, english_brief => BriefEn,
        french => sentence(<<"reason_user">>, <<"fr">>, C, BriefFr),
        english => sentence(<<"reason_user">>, <<"en">>, C, BriefEn)},
    case seconds(maps:get(<<"until">>, C, null)) of
        none -> Answer;
        Till -> Answer#{till => Till}
    end;
answer_of(_) -> undecided().

sentence(Of, Language, Context, Instead) ->
    case Context of
        #{Of := #{Language := Text}} when is_binary(Text), Text /= <<>> -> Text;
        _ -> Instead
    end.

seconds(Time) when is_binary(Time) ->
    try calendar:rfc3339_to_system_time(binary_to_list(Time), [{unit, millisecond}]) / 1000
    catch _:_ -> none
    end;
seconds(_) -> none.

decode(Text) ->
    try jiffy:decode(Text, [return_maps])
    catch _:_ -> none
    end.
