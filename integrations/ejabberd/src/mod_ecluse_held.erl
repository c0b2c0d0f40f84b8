%%% Messages that wait outside a mailbox, in their order, until its owner may
%%% receive them. They are kept in ejabberd's own database, before the archive,
%%% the copies to other devices and the notifications have seen them.

-module(mod_ecluse_held).

-export([start/0, keep/4, release/2, settles/2, names/1]).

-include_lib("kernel/include/logger.hrl").

-define(SETTLES, 300). % milliseconds

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

%% release sends everything that waits for somebody, oldest first. One process
%% alone may call it for a host.
release(Name, Host) ->
    case lists:keysort(#ecluse_held.stamp, mnesia:dirty_read(ecluse_held, {Name, Host})) of
        [] -> ok;
        Waiting ->
            ets:insert(mod_ecluse_decisions:table(released, Host), {Name, erlang:monotonic_time(millisecond)}),
            lists:foreach(fun send/1, Waiting)
    end.

%% settles is for how many milliseconds what was just released may still be on its
%% way into storage.
settles(Name, Host) ->
    case ets:lookup(mod_ecluse_decisions:table(released, Host), Name) of
        [{_, At}] -> max(0, At + ?SETTLES - erlang:monotonic_time(millisecond));
        [] -> 0
    end.

send(#ecluse_held{packet = El} = Held) ->
    try
        Packet = xmpp:decode(El, <<"jabber:client">>, [ignore_els]),
        ejabberd_router:route(xmpp:put_meta(Packet, ecluse_released, true))
    catch Class:Reason:Stack ->
        ?LOG_ERROR("A message that waited could not be delivered: ~p", [{Class, Reason, Stack}])
    end,
    mnesia:dirty_delete_object(Held).
