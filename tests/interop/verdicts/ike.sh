# ike.sh - the parameters of phase 1
# shellcheck shell=bash

given "IKE encryption"
ours_ike '{"encryption_algorithm":"3des-cbc","key_length":0}'
answers encryption_algorithm local 'aes-cbc-256' '3des'
calls encryption_algorithm remote 'aes-cbc-256' '3des'
cold encryption_algorithm remote 'aes-cbc-256' '3des'

given "IKE key length"
ours_ike '{"key_length":128}'
answers key_length local 'aes-cbc-256' 'aes-cbc-128'
calls key_length remote 'aes-cbc-256' 'aes-cbc-128'
cold key_length remote 'aes-cbc-256' 'aes-cbc-128'

given "IKE integrity (and with it the prf)"
ours_ike '{"integrity_algorithm":"sha384"}'
answers integrity_algorithm local 'sha256' 'sha384'
calls integrity_algorithm remote 'sha256' 'sha384'
cold integrity_algorithm remote 'sha256' 'sha384'

given "DH group"
ours_ike '{"dh_group":"modp2048"}'
answers dh_group local 'ecp256' 'modp2048'
calls dh_group remote 'ecp256' 'modp2048'
cold dh_group remote 'ecp256' 'modp2048'

given "authentication method (RSA at the peer)"
cat >"$OUT/rsa.conf" <<'CONF'
connections {
    gw {
        local {
            auth = pubkey
        }
        remote {
            auth = pubkey
        }
    }
}
CONF
SWAN=(--swanctl-extra "$OUT/rsa.conf")
cold 'authentication_method' remote 'certificates'

given "pre-shared key"
SWAN=(--psk other)
answers psk local 'pre-shared'
calls psk remote 'pre-shared'
cold psk remote 'pre-shared'

given "pre-shared key, in aggressive mode"
PEER='{"exchange_mode":"aggressive","allow_weak_key":true}'
SWAN=(--psk other --mode aggressive)
LIMIT=45 answers psk '(local|remote)' 'pre-shared'
calls psk '(local|remote)' 'pre-shared'
cold psk '(local|remote)' 'pre-shared'

given "exchange mode: ours aggressive, the peer's main"
PEER='{"exchange_mode":"aggressive","allow_weak_key":true}'
answers '' up
calls exchange_mode remote 'aggressive' 'main'
cold exchange_mode remote 'aggressive' 'main'

given "aggressive mode: our name is not the one the peer expects"
PEER='{"exchange_mode":"aggressive","allow_weak_key":true,"local_id":{"type":"fqdn","value":"gw.example"}}'
SWAN=(--mode aggressive --remote-id other.example)
cold 'local_id' remote 'gw.example'

given "aggressive mode: the peer's name is not the one we expect"
PEER='{"exchange_mode":"aggressive","allow_weak_key":true,"remote_id":{"type":"fqdn","value":"hub.example"}}'
SWAN=(--mode aggressive --local-id other.example)
answers 'remote_id' local 'other.example'
calls 'remote_id' local 'other.example' 'hub.example'

given "exchange mode: ours main, the peer's aggressive"
SWAN=(--mode aggressive)
answers '' up
calls exchange_mode remote 'main' 'aggressive'
cold exchange_mode remote 'aggressive'

given "local identity (the peer expects another)"
SWAN=(--remote-id 198.51.100.8)
answers local_id remote '192.0.2.1'
calls local_id remote '192.0.2.1'
cold local_id remote '192.0.2.1'

given "remote identity (the peer presents another)"
SWAN=(--local-id 198.51.100.9)
PEER='{"remote_id":{"type":"address","value":"192.0.2.2"}}'
answers remote_id local '198.51.100.9' '192.0.2.2'
calls remote_id local '198.51.100.9' '192.0.2.2'

given "our local_id is another"
PEER='{"local_id":{"type":"address","value":"198.51.100.7"}}'
answers local_id remote '198.51.100.7'
calls local_id remote '198.51.100.7'

given "our remote_id is another"
PEER='{"remote_id":{"type":"address","value":"198.51.100.7"}}'
answers remote_id local '198.51.100.7' '192.0.2.2'
calls remote_id local '198.51.100.7' '192.0.2.2'

given "remote address unknown"
PEER='{"remote_address":"192.0.2.77"}'
answers remote_address local '192.0.2.2'
LIMIT=30 cold remote_address remote '192.0.2.77'

given "the peer does not know our address"
SWAN=(--remote 192.0.2.99)
cold local_address remote '192.0.2.1'

given "port of IKE: the peer listens elsewhere"
printf 'charon {\n port = 501\n port_nat_t = 4501\n}\n' >"$OUT/ports.conf"
SWAN=(--strongswan-extra "$OUT/ports.conf")
LIMIT=30 cold remote_address remote '192.0.2.2:500' 'ports 500 and 4500'

given "port of NAT-T: closed at the peer"
printf 'charon {\n port_nat_t = 4501\n}\n' >"$OUT/ports.conf"
SWAN=(--encap yes --strongswan-extra "$OUT/ports.conf")
LIMIT=30 cold nat_traversal remote '4500'

given "NAT traversal: off here, wanted by the peer"
PEER='{"nat_traversal":"off"}'
SWAN=(--encap yes)
answers nat_traversal '(local|remote)' 'UDP'
cold nat_traversal '(local|remote)' 'UDP'

given "peer disabled here"
PEER='{"enabled":false}'
answers enabled local 'disabled'

given "IKE version: the peer speaks 2 only"
SWAN=(--mode ikev2)
answers ike_version local 'version 2' 'version 1'
cold ike_version remote 'version 2' 'version 1'

given "IKE lifetime differs"
ours_ike '{"lifetime_seconds":3600}'
answers '' up
cold '' up
done_with
