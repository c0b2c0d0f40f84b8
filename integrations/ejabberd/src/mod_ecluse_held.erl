%%% Messages that wait outside a mailbox, in their order, until its owner may
%%% receive them. They are kept in ejabberd's own database, before the archive,
%%% the copies to other devices and the notifications have seen them.

-module(mod_ecluse_held).

-export([start/0, keep/4, release/2, settles/2, names/1]).

-include_lib("kernel/include/logger.hrl").

-define(SETTLES, 1000). % milliseconds: on a busy server it takes several hundred
-define(AGAIN, 60000). % milliseconds after which what could not be delivered is tried again

-record(ecluse_held, {us, stamp, packet}).

start() ->
    ejabberd_mnesia:create(?MODULE, ecluse_held, [
        {disc_copies, [node()]}, {type, bag}, {attributes, record_info(fields, ecluse_held)}]).

%% keep takes a message for somebody, at most so many.
-spec keep(binary(), binary(), tuple(), pos_integer()) -> ok | full.
keep(Name, Host, Packet, Most) ->
    case length(mnesia:dirty_read(ecluse_held, {Name, Host})) >= Most of
        true -> full;
        false ->
            Stamp = {erlang:system_time(microsecond), erlang:unique_integer([monotonic])},
            Delayed = misc:add_delay_info(Packet, jid:make(Host), erlang:timestamp()), % XEP-0203
            mnesia:dirty_write(#ecluse_held{us = {Name, Host}, stamp = Stamp, packet = xmpp:encode(Delayed)})
    end.

%% names are those for whom something waits.
names(Host) -> [Name || {Name, H} <- mnesia:dirty_all_keys(ecluse_held), H == Host].

%% release sends everything that waits for somebody, oldest first. What cannot be
%% delivered goes on waiting, and is tried again a minute later. One process alone
%% may call it for a host.
release(Name, Host) ->
    case lists:keysort(#ecluse_held.stamp, mnesia:dirty_read(ecluse_held, {Name, Host})) of
        [] -> ok;
        Waiting ->
            Table = mod_ecluse_decisions:table(released, Host),
            Now = erlang:monotonic_time(millisecond),
            case ets:lookup(Table, {stuck, Name}) of
                [{_, At}] when Now - At < ?AGAIN -> ok;
                _ -> send_all(Waiting, Name, Table, Now)
            end
    end.

send_all(Waiting, Name, Table, Now) ->
    ets:insert(Table, {Name, Now}),
    case [stuck || Held <- Waiting, not send(Held)] of
        [] -> ets:delete(Table, {stuck, Name});
        _ -> ets:insert(Table, {{stuck, Name}, Now})
    end,
    ok.

%% settles is for how many milliseconds what was just released may still be on its
%% way into storage.
settles(Name, Host) ->
    case ets:lookup(mod_ecluse_decisions:table(released, Host), Name) of
        [{_, At}] -> max(0, At + ?SETTLES - erlang:monotonic_time(millisecond));
        [] -> 0
    end.

%% send reports whether it has sent one.
send(#ecluse_held{packet = El} = Held) ->
    try
        Packet = xmpp:decode(El, <<"jabber:client">>, [ignore_els]),
        ejabberd_router:route(xmpp:put_meta(Packet, ecluse_released, true)),
        mnesia:dirty_delete_object(Held),
        true
    catch Class:Reason:Stack ->
        ?LOG_ERROR("A message that waited could not be delivered, and goes on waiting: ~p", [{Class, Reason, Stack}]),
        false
    end.
