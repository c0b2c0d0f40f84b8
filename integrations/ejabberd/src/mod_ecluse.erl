%%% mod_ecluse closes and reopens chat for the people whom Écluse's orders bind.
%%% ejabberd 23.01.
%%%
%%%   closed  no session: a new one ends as it is bound, a live one (one that
%%%           sleeps, XEP-0198, too) ends with <policy-violation/> and the notice.
%%%           Messages to the account wait outside its mailbox.
%%%   read    the session lives; sending is refused with <policy-violation/> and a
%%%           sentence. Messages to the account wait.
%%%   reply   answers to those who wrote are let through; all else is refused.
%%%   write   everything, within the limits that orders set.
%%%
%%% In doubt (Écluse silent, an answer that cannot be read, an error in here)
%%% everybody is closed. ejabberd goes on without a hook that fails: so every hook
%%% catches its own errors and refuses.

-module(mod_ecluse).
-behaviour(gen_mod).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).
-export([wanted/1, told/3]).
-export([user_send_packet/1, sm_receive_packet/1, c2s_session_opened/1, c2s_unbinded_packet/2, c2s_handle_info/2]).

-include_lib("kernel/include/logger.hrl").

-define(READ, 1).
-define(REPLY, 2).
-define(WRITE, 3).
-define(MOST_WROTE, 1000000). % who wrote to whom is forgotten beyond

hooks() -> [
    {user_send_packet, 10}, {sm_receive_packet, 10}, {c2s_session_opened, 10},
    {c2s_unbinded_packet, 10}, {c2s_handle_info, 10}].

start(Host, Opts) ->
    mod_ecluse_held:start(),
    [ejabberd_hooks:add(Hook, Host, ?MODULE, Hook, Prio) || {Hook, Prio} <- hooks()],
    gen_mod:start_child(mod_ecluse_decisions, Host, Opts).

stop(Host) ->
    [ejabberd_hooks:delete(Hook, Host, ?MODULE, Hook, Prio) || {Hook, Prio} <- hooks()],
    gen_mod:stop_child(mod_ecluse_decisions, Host).

reload(Host, NewOpts, _) ->
    gen_mod:stop_child(mod_ecluse_decisions, Host),
    gen_mod:start_child(mod_ecluse_decisions, Host, NewOpts).

depends(_, _) -> [].

mod_opt_type(url) -> econf:url([http, https]);
mod_opt_type(token_file) -> econf:file();
mod_opt_type(login) -> econf:enum([login, jid]);
mod_opt_type(stale_after) -> econf:int(3, 60);
mod_opt_type(most_held) -> econf:pos_int().

mod_options(_) -> [
    {url, <<"http://127.0.0.1:8080">>},
    {token_file, <<"/etc/ejabberd/ecluse.token">>},
    {login, login},
    {stale_after, 10},
    {most_held, 500}].

mod_doc() -> #{
    desc => "Closes and reopens chat for the people whom Écluse's orders bind.",
    opts => [
        {url, #{value => "URL", desc => "Where Écluse listens."}},
        {token_file, #{value => "Path", desc => "The token of this point (ecluse point add)."}},
        {login, #{value => "login | jid", desc => "Whether Écluse knows people by the part before the @, or by the whole address."}},
        {stale_after, #{value => "Seconds", desc => "Without a word from Écluse for so long, everybody is closed."}},
        {most_held, #{value => "Number", desc => "Messages that may wait for one account."}}]}.

%%% Sessions

%% wanted are the accounts with a session or with messages that wait.
wanted(Host) ->
    Live = [User || {User, _, _} <- ejabberd_sm:get_vh_session_list(Host)],
    lists:usort(Live ++ mod_ecluse_held:names(Host)).

%% told hears every answer about an account.
told(Host, Name, #{access := Access} = Answer) when is_binary(Name) ->
    if
        Access < ?READ -> cut(Name, Host, Answer);
        Access >= ?REPLY -> mod_ecluse_held:release(Name, Host);
        true -> ok
    end;
told(_, _, _) -> ok.

cut(Name, Host, Answer) ->
    [ejabberd_c2s:route(Pid, {ecluse_closed, notice(Answer)}) || {_, Pid} <- ejabberd_sm:get_session_sids(Name, Host)].

notice(#{french := French, english := English}) -> <<French/binary, "\n", English/binary>>.

brief(#{french_brief := French, english_brief := English}) -> <<French/binary, "\n", English/binary>>.

%% c2s_handle_info ends the session of this process. One that sleeps has no
%% stream to end: it stops.
c2s_handle_info(#{mgmt_state := pending} = State, {ecluse_closed, Text}) ->
    ejabberd_c2s:stop_async(self()),
    {stop, State#{mgmt_state => timeout, stop_reason => {stream, {out, serr(Text, State)}}}};
c2s_handle_info(State, {ecluse_closed, Text}) -> {stop, close(Text, State)};
c2s_handle_info(State, _) -> State.

serr(Text, State) -> xmpp:serr_policy_violation(Text, maps:get(lang, State, <<"fr">>)).

close(Text, State) -> ejabberd_c2s:send(State, serr(Text, State)).

c2s_session_opened(#{user := User, lserver := Host} = State) ->
    case opens(User, Host) of
        yes ->
            %% ejabberd puts messages for who is away into storage a moment later: a
            %% session that began within it would not be given them.
            timer:sleep(mod_ecluse_held:settles(jid:nodeprep(User), Host)),
            State;
        {no, Text} -> close(Text, State)
    end.

%% Resuming a session that sleeps (XEP-0198) binds nothing, and is asked about too.
c2s_unbinded_packet(#{user := User, lserver := Host} = State, _) ->
    case opens(User, Host) of
        yes -> State;
        {no, Text} -> {stop, close(Text, State)}
    end.

opens(User, Host) ->
    try mod_ecluse_decisions:answer(Host, jid:nodeprep(User)) of
        #{access := Access} when Access >= ?READ -> yes;
        Answer -> {no, notice(Answer)}
    catch Class:Reason:Stack ->
        ?LOG_ERROR("Deciding about a session failed, it is closed: ~p", [{Class, Reason, Stack}]),
        {no, notice(mod_ecluse_decisions:undecided())}
    end.

%%% What sessions send

user_send_packet({drop, State}) -> {drop, State};
user_send_packet({Packet, #{jid := JID} = State}) ->
    {Name, Host, _} = jid:tolower(JID),
    try leaves(Name, Host, Packet, State) of
        pass -> {Packet, State};
        {pass, Instead} -> {Instead, State};
        drop -> {stop, {drop, State}};
        {refuse, Text} -> {stop, {drop, refuse(Packet, Text, State)}}
    catch Class:Reason:Stack ->
        ?LOG_ERROR("Deciding about a stanza failed, it is refused: ~p", [{Class, Reason, Stack}]),
        {stop, {drop, refuse(Packet, brief(mod_ecluse_decisions:undecided()), State)}}
    end;
user_send_packet({_, State}) -> {stop, {drop, State}}. % of no session that has an address

refuse(Packet, Text, State) ->
    case xmpp:get_type(Packet) of
        Type when Type == error; Type == result -> State;
        _ -> ejabberd_c2s:send(State, xmpp:make_error(Packet, xmpp:err_policy_violation(Text, maps:get(lang, State, <<"fr">>))))
    end.

leaves(Name, Host, Packet, State) ->
    El = xmpp:encode(Packet),
    Answer = mod_ecluse_decisions:answer(Host, Name),
    Sender = #{user => Name, host => Host, directed => fun(To) -> directed(To, State) end},
    case mod_ecluse_rules:class(El, Sender) of
        free -> freely(Packet, El, Answer);
        Class -> sends(Class, El, Name, Host, toward(Name, Host, Answer, xmpp:get_to(Packet)))
    end.

freely(Packet, El, #{access := Access} = Answer) ->
    Presence = is_tuple(Packet) andalso element(1, Packet) == presence,
    Leaving = Presence andalso xmpp:get_type(Packet) == unavailable,
    if
        Access < ?READ, not Leaving -> {refuse, brief(Answer)};
        Access < ?WRITE, Presence -> {pass, stripped(Packet, El)};
        true -> pass
    end.

stripped(Packet, El) ->
    Bare = xmpp:decode(mod_ecluse_rules:strip(El), <<"jabber:client">>, [ignore_els]),
    From = xmpp:set_from_to(Bare, xmpp:get_from(Packet), xmpp:get_to(Packet)),
    maps:fold(fun(Key, Value, P) -> xmpp:put_meta(P, Key, Value) end, From, xmpp:get_meta(Packet)).

sends(Class, El, Name, Host, #{access := Access, limits := Limits} = Answer) ->
    Passes = Access >= mod_ecluse_rules:needs(Class)
        andalso (Class /= answer orelse Access > ?REPLY orelse wrote_before(Name, Host, El)),
    case Passes of
        true ->
            case mod_ecluse_limits:refusal(Limits, Name, Host, El) of
                none -> pass;
                Text -> {refuse, Text}
            end;
        false when Class == quiet -> drop;
        false -> {refuse, brief(Answer)}
    end.

directed(To, #{pres_a := Addresses}) ->
    try gb_sets:is_element(jid:tolower(jid:decode(To)), Addresses)
    catch _:_ -> false
    end;
directed(_, _) -> false.

%% toward is what holds for what an account sends to an address. An order may bind
%% only what is exchanged with certain roles; whose role is not known counts as
%% all of them.
toward(Name, Host, #{access := Access, limits := Limits} = Answer, To) ->
    case {mod_ecluse_decisions:answer(Host, {Name, <<"everyone">>}), jid:tolower(To)} of
        {#{access := Access, limits := Limits}, _} -> Answer;
        {Strict, {User, Host, _}} when User /= <<>> ->
            case here(User, Host) andalso mod_ecluse_decisions:answer(Host, User) of
                #{role := Role} when is_binary(Role) -> mod_ecluse_decisions:answer(Host, {Name, Role});
                _ -> Strict
            end;
        {Strict, _} -> Strict
    end.

%%% What reaches accounts

sm_receive_packet(drop) -> drop;
sm_receive_packet(Packet) ->
    {Name, Host, _} = jid:tolower(xmpp:get_to(Packet)),
    case xmpp:get_meta(Packet, ecluse_released, false) orelse not from_others(Packet, Name, Host) of
        true -> Packet;
        false ->
            try here(Name, Host) andalso arrives(element(1, Packet), xmpp:get_type(Packet), Name, Host, Packet) of
                false -> Packet;
                Done -> Done
            catch Class:Reason:Stack ->
                ?LOG_ERROR("Deciding about a stanza failed, it goes back: ~p", [{Class, Reason, Stack}]),
                bounce(Packet, xmpp:err_internal_server_error())
            end
    end.

%% here reports whether there is such an account. Anybody can write to a name that
%% they invent: nobody asks about it, and nothing is kept for it.
here(Name, Host) -> mod_ecluse_decisions:known(Host, Name) /= none orelse ejabberd_auth:user_exists(Name, Host).

%% from_others reports whether a stanza comes neither from the account itself nor
%% from this server.
from_others(Packet, Name, Host) ->
    case jid:tolower(xmpp:get_from(Packet)) of
        {<<>>, Host, _} -> false;
        {Name, Host, _} -> false;
        _ -> true
    end.

arrives(message, Type, Name, Host, Packet) when Type /= error ->
    El = xmpp:encode(Packet),
    Spoken = mod_ecluse_rules:spoken(El),
    case receives(Name, Host) of
        true ->
            Spoken andalso note_sender(Name, Host, Type, Packet, El),
            Packet;
        false when not Spoken -> {stop, drop}; % somebody types: it means nothing later
        false -> wait(Name, Host, Packet)
    end;
arrives(iq, set, Name, Host, Packet) ->
    %% Calls and files from one program to another do not wait: they are refused.
    Peers = element(3, jid:tolower(xmpp:get_to(Packet))) /= <<>> andalso element(1, jid:tolower(xmpp:get_from(Packet))) /= <<>>,
    case Peers andalso not receives(Name, Host) of
        true -> bounce(Packet, xmpp:err_service_unavailable());
        false -> Packet
    end;
arrives(_, _, _, _, Packet) -> Packet.

wait(Name, Host, Packet) ->
    case mod_ecluse_held:keep(Name, Host, Packet, gen_mod:get_module_opt(Host, ?MODULE, most_held)) of
        ok -> {stop, drop};
        full ->
            Text = <<"Ce compte est fermé, et trop de messages l’attendent déjà.\nThis account is closed, and too many messages wait for it already."/utf8>>,
            bounce(Packet, xmpp:err_resource_constraint(Text, <<"fr">>))
    end.

bounce(Packet, Error) ->
    xmpp:get_type(Packet) == groupchat orelse ejabberd_router:route_error(Packet, Error),
    {stop, drop}.

%% May this reach the account now? Nobody waits here: a room may be in the midst
%% of telling its occupants. What is not known yet is kept and asked for.
receives(Name, Host) ->
    case mod_ecluse_decisions:known(Host, Name) of
        none ->
            gen_server:cast(gen_mod:get_module_proc(Host, mod_ecluse_decisions), {ask, Name}),
            false;
        #{access := Access} -> Access >= ?REPLY
    end.

%%% Who wrote to whom: accounts that may only answer answer these.

note_sender(Name, Host, Type, Packet, El) when Type == chat; Type == normal ->
    Table = mod_ecluse_decisions:table(wrote, Host),
    ets:info(Table, size) > ?MOST_WROTE andalso ets:delete_all_objects(Table),
    {User, Server, _} = Full = jid:tolower(xmpp:get_from(Packet)),
    ets:insert(Table, {{Name, Full}}),
    in_room(El) orelse ets:insert(Table, {{Name, {User, Server, <<>>}}});
note_sender(_, _, _, _, _) -> ok.

in_room({xmlel, _, _, Children}) ->
    lists:any(fun({xmlel, <<"x">>, Attrs, _}) -> proplists:get_value(<<"xmlns">>, Attrs) == <<"http://jabber.org/protocol/muc#user">>;
                 (_) -> false
              end, Children).

wrote_before(Name, Host, {xmlel, _, Attrs, _}) ->
    Table = mod_ecluse_decisions:table(wrote, Host),
    {User, Server, _} = Full = jid:tolower(jid:decode(proplists:get_value(<<"to">>, Attrs))),
    ets:member(Table, {Name, Full}) orelse ets:member(Table, {Name, {User, Server, <<>>}}).
