# Écluse in LemonLDAP::NG: a function for access rules that asks, at every request,
# whether somebody may do something now.
#
#   General Parameters > Advanced Parameters > Custom functions:  Ecluse::allows
#   General Parameters > Advanced Parameters > Security > Use Safe jail:  Off
#   lemonldap-ng.ini, section [all]:                              require = Ecluse
#   Access rule of the messaging:                                 allows($uid)
#   Sending, by its own rule:                                     allows($uid, 'action=message.send')
#
# Whatever goes wrong is no: Écluse out of reach, slow, or asked without a token;
# and so is every question from within the Safe jail, where no connection can be
# opened.
# The address and the token stand in /etc/lemonldap-ng/ecluse.conf, two lines:
#
#   url https://ecluse.example
#   token TOKEN-PRINTED-BY-ECLUSE-POINT-ADD
#
# How to install, and what it cannot do: docs/integrations/oidc.md.
package Ecluse;

use strict;
use warnings;
use HTTP::Tiny;

our $file = '/etc/lemonldap-ng/ecluse.conf';

my ( $url, $token, $client );

sub allows {
    my ( $login, $more ) = @_;
    return 0 unless defined $login && length $login;
    local $@;
    return 0 unless HTTP::Tiny->can('get');    # within the Safe jail
    my $answer = eval {
        _open() unless $client;
        my $query = 'username=' . _escape($login) . ( defined $more && length $more ? "&$more" : '' );
        $client->get( "$url/gate/cas/access?$query", { headers => { 'X-Ecluse-Point' => $token } } );
    };
    return $answer && $answer->{status} == 200 ? 1 : 0;
}

# Reading the file waits for the first question, so that a server without it starts
# and refuses.
sub _open {
    my %said;
    open my $in, '<', $file or die "reading $file: $!";
    while ( my $line = <$in> ) {
        $said{$1} = $2 if $line =~ /^(url|token)\s+(\S+)\s*$/;
    }
    close $in;
    die "$file must name url and token" unless $said{url} && $said{token};
    ( $url, $token ) = ( $said{url} =~ s{/+$}{}r, $said{token} );
    $client = HTTP::Tiny->new( timeout => 1, max_redirect => 0, max_size => 65536, verify_SSL => 1, agent => 'ecluse-lemonldap' );
    return;
}

# Bytes of a name for a query; names come as characters or as bytes.
sub _escape {
    my $bytes = shift;
    utf8::encode($bytes) if utf8::is_utf8($bytes);
    $bytes =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $bytes;
}

1;
