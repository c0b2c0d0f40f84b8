%%% The limits that an order may set on those who write: files, links, lists, how
%%% many readers, how many messages an hour.

-module(mod_ecluse_limits).

-export([refusal/4]).

-define(HOUR, 3600000).

%% refusal is the sentence for who breaks a limit, or none.
-spec refusal(map(), binary(), binary(), mod_ecluse_rules:element()) -> none | binary().
refusal(Limits, _, _, _) when map_size(Limits) == 0 -> none;
refusal(Limits, Name, Host, El) ->
    case broken(Limits, {Name, mod_ecluse_decisions:table(sent, Host)}, El) of
        none -> none;
        Which -> words(Which)
    end.

broken(#{<<"attachments">> := false} = Limits, Who, El) ->
    case mod_ecluse_rules:file(El) of
        true -> attachments;
        false -> broken(maps:remove(<<"attachments">>, Limits), Who, El)
    end;
broken(Limits, Who, El) ->
    case mod_ecluse_rules:spoken(El) of
        true -> spoken(Limits, Who, El);
        false -> none
    end.

spoken(Limits, Who, El) ->
    {Readers, List} = mod_ecluse_rules:readers(El),
    Checks = [
        {lists, List andalso maps:get(<<"lists">>, Limits, true) == false},
        {recipients, Readers > maps:get(<<"recipients">>, Limits, Readers)},
        {links, maps:get(<<"links">>, Limits, true) == false andalso mod_ecluse_rules:linked(El)}],
    case [Which || {Which, true} <- Checks] of
        [Which | _] -> Which;
        [] -> counted(maps:get(<<"per_hour">>, Limits, none), Who)
    end.

%% counted notes a message that leaves, unless it is one too many.
counted(none, _) -> none;
counted(Most, {Name, Table}) ->
    Now = erlang:monotonic_time(millisecond),
    Recent = case ets:lookup(Table, Name) of
        [{_, Times}] -> [T || T <- Times, Now - T < ?HOUR];
        [] -> []
    end,
    case length(Recent) >= Most of
        true -> per_hour;
        false ->
            ets:insert(Table, {Name, [Now | Recent]}),
            none
    end.

words(attachments) -> <<"Les fichiers et les appels ne sont pas possibles en ce moment.\nFiles and calls are not possible at the moment."/utf8>>;
words(links) -> <<"Les liens, et les messages chiffrés, ne sont pas possibles en ce moment.\nLinks, and sealed messages, are not possible at the moment."/utf8>>;
words(lists) -> <<"Écrire à un salon ou à une liste n’est pas possible en ce moment.\nWriting to a room or a list is not possible at the moment."/utf8>>;
words(recipients) -> <<"Ce message a trop de destinataires.\nThis message has too many recipients."/utf8>>;
words(per_hour) -> <<"Vous avez envoyé trop de messages depuis une heure. Réessayez plus tard.\nYou have sent too many messages within the hour. Try again later."/utf8>>.
