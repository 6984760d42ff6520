// A road between the server and its PostgreSQL that can be closed (connections refused) or blocked (nothing moves, nothing is refused).
import net from 'node:net';

export class Road {
    constructor(url) {
        this.target = new URL(url);
        this.pairs = new Set();
        this.blocked = false;
    }

    static async open(url) {
        const road = new Road(url);
        road.server = net.createServer((near) => road.#join(near));
        await new Promise((done) => road.server.listen(0, '127.0.0.1', done));
        road.port = road.server.address().port;
        const here = new URL(url);
        here.host = `127.0.0.1:${road.port}`;
        road.url = here.href;
        return road;
    }

    #join(near) {
        const far = net.connect({ host: this.target.hostname, port: Number(this.target.port) });
        const pair = { near, far };
        this.pairs.add(pair);
        const end = () => {
            near.destroy();
            far.destroy();
            this.pairs.delete(pair);
        };
        for (const [from, to] of [[near, far], [far, near]]) {
            from.on('data', (bytes) => to.write(bytes));
            from.on('error', end);
            from.on('close', end);
            if (this.blocked) from.pause();
        }
    }

    /** Everything under way is cut and nothing new gets through. */
    async close() {
        await new Promise((done) => {
            this.server.close(done);
            for (const { near, far } of [...this.pairs]) {
                near.destroy(); // not resetAndDestroy: Node 20 sometimes spins for ever at its end after that
                far.destroy();
            }
        });
    }

    reopen() { return new Promise((done) => this.server.listen(this.port, '127.0.0.1', done)); }

    block(on) {
        this.blocked = on;
        for (const { near, far } of this.pairs) for (const side of [near, far]) on ? side.pause() : side.resume();
    }
}
