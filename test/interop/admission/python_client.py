"""Two python-socketio clients meet in a room: opens it, asks, lets in, hands a candidate over; prints what was heard."""
import asyncio
import json
import sys

import socketio

url, token, transport = sys.argv[1:4]


class Client:
    def __init__(self):
        self.io = socketio.AsyncClient(reconnection=False)
        self.heard = {}
        self.io.on("*", self.keep)

    def queue(self, event):
        return self.heard.setdefault(event, asyncio.Queue())

    async def keep(self, event, message):
        await self.queue(event).put(message)

    async def enter(self):
        await self.io.connect(url, auth={"token": token}, transports=[transport])
        await self.io.emit("auth-request", token)
        self.auth = (await self.next("auth-accept"))["token"]
        self.id = self.io.get_sid()

    async def next(self, event):
        return await asyncio.wait_for(self.queue(event).get(), 10)

    async def say(self, event, **message):
        await self.io.emit(event, {"auth": self.auth, **message})


async def main():
    first, second = Client(), Client()
    await first.enter()
    await second.enter()
    room = f"python {transport}"
    created = await first.io.call("room-create-request", {"auth": first.auth, "room": room})
    await second.say("room-join-request", room=room, payload={"n": 1})
    asked = await first.next("room-join-request")
    await first.say("room-join-accept", room=room, peer_id=asked["peer_id"])
    admitted = await second.next("room-join-accept")
    await second.say("relay-ice-candidate", room=room, to=first.id, ice_candidate={"candidate": "c"})
    candidate = await first.next("ice-candidate")
    print(json.dumps([created["ok"], asked["payload"], admitted["peers"] == [first.id], candidate["ice_candidate"]]))
    await second.io.disconnect()
    left = await first.next("room-user-leave")
    print(json.dumps(left["peer_id"] == candidate["peer_id"]))
    await first.io.disconnect()
    try:
        await socketio.AsyncClient(reconnection=False).connect(url, auth={"token": "x"}, transports=[transport])
    except socketio.exceptions.ConnectionError as error:
        print(error)


asyncio.run(main())
