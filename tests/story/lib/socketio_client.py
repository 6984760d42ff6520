"""Lives through one story with python-socketio (Debian's), and prints what it saw as one line of JSON.

usage: socketio_client.py URL threads|asyncio polling|websocket|upgrade [NAMESPACE]
"""
import asyncio
import json
import sys
import threading

import socketio

url, flavour, way = sys.argv[1:4]
namespace = sys.argv[4] if len(sys.argv) > 4 else '/'
transports = {'polling': ['polling'], 'websocket': ['websocket'], 'upgrade': None}[way]
auth = {'token': 'ўзбек', 'n': 7}
blob = bytes(range(256)) * 40
patience = 30
saw = {}


def plain(value):
    """JSON has no bytes."""
    if isinstance(value, (bytes, bytearray)):
        return {'bytes': len(value), 'same': bytes(value) == blob}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def with_threads():
    sio = socketio.Client(reconnection=False)
    came = {name: threading.Event() for name in ('auth', 'back', 'binary', 'ack')}

    @sio.on('auth', namespace=namespace)
    def on_auth(data):
        saw['auth'] = data
        came['auth'].set()

    @sio.on('message-back', namespace=namespace)
    def on_back(*args):
        name = 'binary' if any(isinstance(a, bytes) for a in args) else 'back'
        saw[name] = plain(args)
        came[name].set()

    def on_ack(*args):
        saw['ack'] = plain(args)
        came['ack'].set()

    sio.connect(url, transports=transports, namespaces=[namespace], auth=auth, wait_timeout=patience)
    saw['transport'] = sio.transport()
    came['auth'].wait(patience)
    sio.emit('message', (1, 'два', {'3': [True]}), namespace=namespace)
    came['back'].wait(patience)
    sio.emit('message', (blob, {'deep': blob}), namespace=namespace)
    came['binary'].wait(patience)
    sio.emit('message-with-ack', ('x', blob), namespace=namespace, callback=on_ack)
    came['ack'].wait(patience)
    sio.sleep(1)
    saw['still'] = sio.connected
    sio.disconnect()


async def with_asyncio():
    sio = socketio.AsyncClient(reconnection=False)
    came = {name: asyncio.Event() for name in ('auth', 'back', 'binary')}

    @sio.on('auth', namespace=namespace)
    async def on_auth(data):
        saw['auth'] = data
        came['auth'].set()

    @sio.on('message-back', namespace=namespace)
    async def on_back(*args):
        name = 'binary' if any(isinstance(a, bytes) for a in args) else 'back'
        saw[name] = plain(args)
        came[name].set()

    await sio.connect(url, transports=transports, namespaces=[namespace], auth=auth, wait_timeout=patience)
    saw['transport'] = sio.transport()
    await asyncio.wait_for(came['auth'].wait(), patience)
    await sio.emit('message', (1, 'два', {'3': [True]}), namespace=namespace)
    await asyncio.wait_for(came['back'].wait(), patience)
    await sio.emit('message', (blob, {'deep': blob}), namespace=namespace)
    await asyncio.wait_for(came['binary'].wait(), patience)
    saw['ack'] = plain(await sio.call('message-with-ack', ('x', blob), namespace=namespace, timeout=patience))
    await sio.sleep(1)
    saw['still'] = sio.connected
    await sio.disconnect()


if flavour == 'threads':
    with_threads()
else:
    asyncio.run(with_asyncio())
print(json.dumps(saw))
