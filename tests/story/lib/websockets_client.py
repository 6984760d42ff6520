"""The wire by hand with Python's websockets (Debian's): connect, an event, an acknowledgement, binary, two heartbeats. Prints what it saw as JSON.

usage: websockets_client.py URL      (ws://HOST:PORT/socket.io/)
"""
import asyncio
import json
import sys

import websockets

saw = {'pings': 0}


async def main():
    async with websockets.connect(sys.argv[1] + '?EIO=4&transport=websocket', max_size=2 ** 22) as ws:
        async def heard():
            while True:
                frame = await asyncio.wait_for(ws.recv(), 30)
                if frame != '2':
                    return frame
                saw['pings'] += 1
                await ws.send('3')

        saw['open'] = json.loads((await heard())[1:])
        await ws.send('40{"who":"websockets"}')
        saw['connect'] = (await heard())[:2]
        saw['auth'] = await heard()
        await ws.send('42["message","salom",2]')
        saw['back'] = await heard()
        await ws.send('427["message-with-ack",[1]]')
        saw['ack'] = await heard()
        await ws.send('451-["message",{"_placeholder":true,"num":0}]')
        await ws.send(b'\x00\x01\xff')
        saw['binary'] = [await heard(), (await heard()).hex()]
        while saw['pings'] < 2:
            await ws.send('42["message"]')
            await heard()
            await asyncio.sleep(0.05)
        await ws.send('41')


asyncio.run(main())
print(json.dumps(saw))
