%%% What a stanza is: a pure function of the stanza and of whom it leaves.
%%%
%%% Nothing is closed by name: whatever is not named here needs `write'. So a
%%% protocol that this file has never heard of is closed with the rest.
%%%
%%%   free    passes wherever the person may read
%%%   quiet   passes only with `write'; below it is dropped without a word,
%%%           because a program sent it, not the person
%%%   upload  a place to put a file: passes from `reply' on
%%%   answer  a message to one person: from `reply' on, to those who wrote first
%%%   send    passes only with `write'
%%%
%%% The same rules stand in integrations/prosody/mod_ecluse/rules.lib.lua.

-module(mod_ecluse_rules).

-export([class/2, needs/1, strip/1, file/1, linked/1, readers/1, spoken/1]).

%% An XML element of fast_xml, and text of one, as they come.
-type element() :: {xmlel, binary(), [{binary(), binary()}], [element() | {xmlcdata, iodata()}]}.

%% Who sends: the parts of the address, prepared, and a fun that tells whether
%% the session has already sent its presence to an address.
-type sender() :: #{user := binary(), host := binary(), directed := fun((binary()) -> boolean())}.

-type class() :: free | quiet | upload | answer | send.

-export_type([element/0, class/0, sender/0]).

%% The access from which a class passes: 1 read, 2 reply, 3 write.
needs(free) -> 1;
needs(upload) -> 2;
needs(answer) -> 2;
needs(_) -> 3.

-spec class(element(), sender()) -> class().
class({xmlel, <<"message">>, _, _} = El, Sender) -> message(El, Sender);
class({xmlel, <<"presence">>, _, _} = El, Sender) -> presence(El, Sender);
class({xmlel, <<"iq">>, _, _} = El, Sender) -> iq(El, Sender);
class(_, _) -> send.

%%% Messages

message(El, Sender) ->
    Kind = attr(<<"type">>, El, <<"normal">>),
    case Kind == <<"error">> orelse not lists:any(fun worded/1, children(El)) of
        true -> quiet;
        false ->
            One = (Kind == <<"chat">> orelse Kind == <<"normal">>)
                andalso not lists:any(fun further/1, children(El)),
            At = where(attr(<<"to">>, El, <<>>), Sender),
            case One andalso (At == bare orelse At == peer) of
                true -> answer;
                false -> send
            end
    end.

worded({xmlel, <<"thread">>, _, _}) -> false;
worded(Child) -> not wordless(ns(Child)).

%% What accompanies messages and holds no words (XEP-0085, -0184, -0333, -0334, -0359).
wordless(<<"http://jabber.org/protocol/chatstates">>) -> true;
wordless(<<"urn:xmpp:receipts">>) -> true;
wordless(<<"urn:xmpp:chat-markers:0">>) -> true;
wordless(<<"urn:xmpp:hints">>) -> true;
wordless(<<"urn:xmpp:sid:0">>) -> true;
wordless(_) -> false.

%% Invitations, further addresses and words of others (XEP-0033, -0045, -0144,
%% -0249, -0297): more than a message to one person.
further(Child) -> lists:member(ns(Child), [
    <<"http://jabber.org/protocol/address">>, <<"http://jabber.org/protocol/muc#user">>,
    <<"jabber:x:conference">>, <<"http://jabber.org/protocol/rosterx">>, <<"urn:xmpp:forward:0">>]).

%%% Presence

presence(El, Sender) ->
    case attr(<<"type">>, El, <<>>) of
        <<>> -> directed(attr(<<"to">>, El, <<>>), Sender);
        <<"error">> -> quiet;
        Told when Told == <<"unavailable">>; Told == <<"probe">>; Told == <<"subscribed">>;
                  Told == <<"unsubscribe">>; Told == <<"unsubscribed">> -> free;
        _ -> send % subscribe: a word to somebody new
    end.

%% A room is entered under a name that everybody there reads: below `write' it
%% must be the account's own, or the one already in use there.
directed(To, #{user := User, host := Host, directed := Directed}) ->
    case split(To) of
        {_, _, <<>>} -> free;
        {User, Host, _} -> free;
        {_, _, Resource} ->
            case string:lowercase(Resource) == User orelse Directed(To) of
                true -> free;
                false -> send
            end
    end.

%% strip takes from a presence whatever somebody could read.
-spec strip(element()) -> element().
strip({xmlel, Name, Attrs, Children}) ->
    {xmlel, Name, Attrs, [C || {xmlel, _, _, _} = C <- Children, kept(C)]}.

kept({xmlel, <<"show">>, _, _} = C) ->
    lists:member(text(C), [<<"away">>, <<"chat">>, <<"dnd">>, <<"xa">>]);
kept({xmlel, <<"priority">>, _, _} = C) ->
    re:run(text(C), "^\\s*[+-]?[0-9]{1,3}\\s*$") /= nomatch;
kept(C) -> lists:member(own_ns(C), [
    <<"http://jabber.org/protocol/caps">>, <<"http://jabber.org/protocol/muc">>, <<"vcard-temp:x:update">>,
    <<"urn:xmpp:idle:1">>, <<"urn:xmpp:delay">>, <<"jabber:x:delay">>]).

%%% Requests

iq(El, Sender) ->
    At = where(attr(<<"to">>, El, <<>>), Sender),
    case attr(<<"type">>, El, <<>>) of
        Type when Type == <<"get">>; Type == <<"set">> ->
            case children(El) of
                [Query | _] -> request(Type, Query, ns(Query), At);
                [] -> send
            end;
        _ when At == own; At == service -> free;
        _ -> quiet
    end.

request(_, _, <<"urn:xmpp:http:upload", _/binary>>, _) -> upload; % XEP-0363
request(_, _, _, peer) -> send;
request(<<"get">>, _, _, _) -> free;
request(_, Query, <<"http://jabber.org/protocol/pubsub">>, own) ->
    case lists:all(fun settles/1, children(Query)) of
        true -> free;
        false -> send
    end;
request(_, _, NS, own) ->
    case own_set(NS) of
        true -> free;
        false -> send
    end;
request(_, _, _, _) -> send.

%% What a person may ask of their own account: nothing that others are told of.
own_set(NS) -> lists:member(NS, [
    <<"jabber:iq:roster">>, <<"jabber:iq:private">>, <<"jabber:iq:privacy">>, <<"jabber:iq:register">>,
    <<"urn:ietf:params:xml:ns:xmpp-session">>, <<"urn:xmpp:blocking">>, <<"urn:xmpp:carbons:2">>,
    <<"urn:xmpp:mam:2">>, <<"urn:xmpp:push:0">>]).

%% settles reports whether an act on the own account's nodes (XEP-0163) changes
%% nothing but settings and keys.
settles({xmlel, <<"publish-options">>, _, _}) -> true;
settles({xmlel, Act, _, _} = El) when Act == <<"publish">>; Act == <<"retract">> ->
    case attr(<<"node">>, El, <<>>) of
        <<"eu.siacs.conversations.axolotl.bundles:", _/binary>> -> true;
        Node -> lists:member(Node, [
            <<"storage:bookmarks">>, <<"urn:xmpp:bookmarks:1">>, <<"urn:xmpp:mds:displayed:0">>,
            <<"urn:xmpp:omemo:2:devices">>, <<"urn:xmpp:omemo:2:bundles">>,
            <<"eu.siacs.conversations.axolotl.devicelist">>])
    end;
settles(_) -> false.

%%% What limits look at

%% file reports whether a stanza carries a file or asks for a place for one, or
%% begins a call (XEP-0066, -0096, -0166, -0231, -0234, -0261, -0353, -0385, -0447).
-spec file(element()) -> boolean().
file(El) -> lists:any(fun(C) -> carries(ns(C)) end, children(El)).

carries(<<"urn:xmpp:http:upload", _/binary>>) -> true;
carries(<<"urn:xmpp:jingle", _/binary>>) -> true;
carries(NS) -> lists:member(NS, [
    <<"jabber:x:oob">>, <<"jabber:iq:oob">>, <<"urn:xmpp:bob">>, <<"http://jabber.org/protocol/si">>,
    <<"http://jabber.org/protocol/ibb">>, <<"http://jabber.org/protocol/bytestreams">>,
    <<"urn:xmpp:reference:0">>, <<"urn:xmpp:sims:1">>, <<"urn:xmpp:sfs:0">>, <<"urn:xmpp:file:metadata:0">>]).

%% linked reports whether somebody could follow an address in a message, or
%% nobody but its readers can know (the words are sealed).
-spec linked(element()) -> boolean().
linked(El) -> lists:any(fun follows/1, children(El)).

follows(El) ->
    NS = own_ns(El),
    sealed(NS)
        orelse attr(<<"href">>, El, none) /= none orelse attr(<<"url">>, El, none) /= none
        orelse (binary:match(NS, <<"urn:xmpp:">>) == nomatch andalso addressed(string:lowercase(text(El))))
        orelse linked(El).

sealed(<<"urn:xmpp:eme:0">>) -> true;
sealed(<<"jabber:x:encrypted">>) -> true;
sealed(NS) -> binary:match(NS, [<<"omemo">>, <<"axolotl">>]) /= nomatch.

addressed(Text) -> re:run(Text, "[a-z][a-z0-9+.-]*://|www\\.|mailto:|xmpp:") /= nomatch.

%% readers counts the addresses of a message, and says whether it goes to a list.
-spec readers(element()) -> {pos_integer(), boolean()}.
readers(El) ->
    case [C || C <- children(El), ns(C) == <<"http://jabber.org/protocol/address">>] of
        [More | _] -> {max(1, length(children(More))), true};
        [] -> {1, attr(<<"type">>, El, <<>>) == <<"groupchat">>}
    end.

%% spoken reports whether a message holds more than signs between programs.
-spec spoken(element()) -> boolean().
spoken({xmlel, <<"message">>, _, _} = El) ->
    attr(<<"type">>, El, <<>>) /= <<"error">> andalso lists:any(fun worded/1, children(El));
spoken(_) -> false.

%%% Elements and addresses

%% where says whose an address is: one's own, a service's (a host), a person's
%% server or a room (bare), or somebody's program (peer).
where(To, #{user := User, host := Host}) ->
    case split(To) of
        {<<>>, <<>>, <<>>} -> own;
        {<<>>, Host, _} -> own;
        {User, Host, _} -> own;
        {<<>>, _, _} -> service;
        {_, _, <<>>} -> bare;
        _ -> peer
    end.

split(<<>>) -> {<<>>, <<>>, <<>>};
split(To) ->
    try jid:tolower(jid:decode(To)) of
        {_, _, _} = Parts -> Parts;
        error -> {To, <<"?">>, <<"?">>}
    catch _:_ -> {To, <<"?">>, <<"?">>} % somebody, nobody knows who
    end.

attr(Name, {xmlel, _, Attrs, _}, Default) -> proplists:get_value(Name, Attrs, Default).

children({xmlel, _, _, Children}) -> [C || {xmlel, _, _, _} = C <- Children].

text({xmlel, _, _, Children}) -> iolist_to_binary([T || {xmlcdata, T} <- Children]).

%% ns is the namespace of a child of a stanza.
ns(El) -> attr(<<"xmlns">>, El, <<"jabber:client">>).

own_ns(El) -> attr(<<"xmlns">>, El, <<>>).
