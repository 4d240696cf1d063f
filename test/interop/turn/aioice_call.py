# Two ends of python3-aioice that may use nothing but the relay; prints what each heard, as one line of JSON.
# Arguments: host, port, udp | tcp | tls, user name, password. For tls, SSL_CERT_FILE names what to trust.
import asyncio
import json
import sys

import aioice
from aioice.ice import TransportPolicy


async def call(host, port, transport, username, password):
    def end(controlling):
        return aioice.Connection(
            ice_controlling=controlling,
            turn_server=(host, int(port)),
            turn_username=username,
            turn_password=password,
            turn_ssl=transport == "tls",
            turn_transport="udp" if transport == "udp" else "tcp",
            transport_policy=TransportPolicy.RELAY,
        )

    caller, callee = end(True), end(False)
    try:
        await asyncio.gather(caller.gather_candidates(), callee.gather_candidates())
        for one, other in ((caller, callee), (callee, caller)):
            for candidate in one.local_candidates:
                await other.add_remote_candidate(candidate)
            await other.add_remote_candidate(None)
            other.remote_username, other.remote_password = one.local_username, one.local_password
        await asyncio.gather(caller.connect(), callee.connect())

        heard = []
        for size in (5, 160, 1200):
            # No multiple of four on purpose, too: streams need padding then.
            for one, other in ((caller, callee), (callee, caller)):
                await one.send(bytes(size))
                heard.append(len(await other.recv()))
        kinds = [candidate.type for end in (caller, callee) for candidate in end.local_candidates]
        return {"kinds": kinds, "heard": heard}
    finally:
        await asyncio.gather(caller.close(), callee.close())


print(json.dumps(asyncio.run(asyncio.wait_for(call(*sys.argv[1:]), 15))))
