# esp.sh - the parameters of phase 2
# shellcheck shell=bash

given "ESP encryption"
ours_esp '{"encryption_algorithm":"3des-cbc","key_length":0}'
answers encryption_algorithm local 'aes-cbc-256' '3des'
calls encryption_algorithm remote 'aes-cbc-256' '3des'
cold encryption_algorithm remote 'aes-cbc-256' '3des'

given "ESP key length"
ours_esp '{"key_length":128}'
answers key_length local 'aes-cbc-256' 'aes-cbc-128'
calls key_length remote 'aes-cbc-256' 'aes-cbc-128'
cold key_length remote 'aes-cbc-256' 'aes-cbc-128'

given "ESP integrity"
ours_esp '{"integrity_algorithm":"sha1"}'
answers integrity_algorithm local 'sha256' 'sha1'
calls integrity_algorithm remote 'sha256' 'sha1'
cold integrity_algorithm remote 'sha256' 'sha1'

given "PFS group missing here"
SWAN=(--esp aes256-sha256-ecp256)
answers pfs_group local 'ecp256'
calls pfs_group remote 'ecp256'
cold pfs_group remote 'ecp256'

given "PFS group missing at the peer"
ours_esp '{"pfs_group":"ecp256"}'
answers pfs_group local 'ecp256'
calls pfs_group remote 'ecp256'
cold pfs_group remote 'ecp256'

given "PFS group another"
SWAN=(--esp aes256-sha256-ecp256)
ours_esp '{"pfs_group":"modp2048"}'
answers pfs_group local 'ecp256' 'modp2048'
calls pfs_group remote 'ecp256' 'modp2048'
cold pfs_group remote 'modp2048' 'ecp256'

given "mode: transport here, tunnel at the peer"
TUNNEL='{"mode":"transport","local_ts":["192.0.2.1/32"],"remote_ts":["192.0.2.2/32"]}'
SWAN=(--local-ts 192.0.2.2/32 --remote-ts 192.0.2.1/32)
answers mode local 'tunnel' 'transport'
calls mode remote 'tunnel' 'transport'
cold mode remote 'transport' 'tunnel'

given "mode: tunnel here, transport at the peer"
TUNNEL='{"local_ts":["192.0.2.1/32"],"remote_ts":["192.0.2.2/32"]}'
SWAN=(--ipsec-mode transport --local-ts 192.0.2.2/32 --remote-ts 192.0.2.1/32)
answers mode local 'transport' 'tunnel'
calls mode remote 'transport' 'tunnel'
cold mode remote 'transport' 'tunnel'

given "local selectors: the peer narrower"
SWAN=(--remote-ts 10.1.0.0/25)
answers '' up
calls local_ts local '10.1.0.0/25' '10.1.0.0/24'

given "local selectors: the peer wider"
SWAN=(--remote-ts 10.1.0.0/16)
answers local_ts local '10.1.0.0/16' '10.1.0.0/24'

given "local selectors: the peer's are foreign"
SWAN=(--remote-ts 10.7.0.0/24)
answers local_ts local '10.7.0.0/24' '10.1.0.0/24'
calls local_ts remote '10.7.0.0/24' '10.1.0.0/24'
cold local_ts remote '10.7.0.0/24' '10.1.0.0/24'

given "remote selectors: the peer narrower"
SWAN=(--local-ts 10.2.0.0/25)
answers '' up
calls remote_ts local '10.2.0.0/25' '10.2.0.0/24'

given "remote selectors: the peer wider"
SWAN=(--local-ts 10.2.0.0/16)
answers remote_ts local '10.2.0.0/16' '10.2.0.0/24'

given "remote selectors: the peer's are foreign"
SWAN=(--local-ts 10.8.0.0/24)
answers remote_ts local '10.8.0.0/24' '10.2.0.0/24'
calls remote_ts remote '10.8.0.0/24' '10.2.0.0/24'
cold remote_ts remote '10.8.0.0/24' '10.2.0.0/24'

given "protocol of the selectors: tcp here, any at the peer"
TUNNEL='{"local_ts":["10.1.0.0/24[tcp]"],"remote_ts":["10.2.0.0/24[tcp]"]}'
answers '(local|remote)_ts' local 'tcp'

given "port of the selectors: 80 here, 81 at the peer"
TUNNEL='{"local_ts":["10.1.0.0/24[tcp]"],"remote_ts":["10.2.0.0/24[tcp/80]"]}'
SWAN=(--local-ts '10.2.0.0/24[tcp/81]' --remote-ts '10.1.0.0/24[tcp]')
answers remote_ts local 'tcp/81' 'tcp/80'
calls remote_ts remote 'tcp/81' 'tcp/80'
cold remote_ts remote 'tcp/81' 'tcp/80'

given "port of the selectors: any here, tcp 80 at the peer (narrower)"
SWAN=(--local-ts '10.2.0.0/24[tcp/80]' --remote-ts '10.1.0.0/24[tcp]')
answers '' up

given "ESP here, AH at the peer"
SWAN=(--ah sha256)
cold protocol remote 'chose ah' 'offered aes-cbc'

given "tunnel disabled here"
TUNNEL='{"enabled":false}'
answers enabled local 'disabled'

given "IPsec lifetime differs"
TUNNEL='{"lifetime_seconds":1200}'
answers '' up
cold '' up
