// A mail server on loopback.
import net from 'node:net';
import { sleep } from './server.mjs';

/** A mail server that takes everything and keeps it: {to, text} in `letters`. */
export class MailServer {
    letters = [];
    refuse = 0;

    async listen(port) {
        this.server = net.createServer((socket) => this.talk(socket));
        await new Promise((done) => this.server.listen(port, '127.0.0.1', done));
    }

    talk(socket) {
        let input = '', data = null, to = [];
        const say = (line) => socket.write(`${line}\r\n`);
        socket.on('error', () => {});
        say('220 test');
        socket.on('data', (bytes) => {
            input += bytes;
            for (;;) {
                const end = data === null ? input.indexOf('\r\n') : input.indexOf('\r\n.\r\n');
                if (end < 0) return;
                if (data !== null) {
                    this.letters.push({ to, raw: input.slice(0, end) });
                    input = input.slice(end + 5), data = null;
                    say('250 kept');
                    continue;
                }
                const line = input.slice(0, end);
                input = input.slice(end + 2);
                if (/^(EHLO|HELO)/i.test(line)) say('250 test');
                else if (/^RCPT TO:/i.test(line)) {
                    if (this.refuse > 0) { this.refuse--; say('451 later'); } else { to.push(line.match(/<(.*)>/)[1]); say('250 ok'); }
                } else if (/^DATA/i.test(line)) { data = ''; say('354 go on'); }
                else if (/^QUIT/i.test(line)) { say('221 bye'); socket.end(); }
                else { if (/^(MAIL|RSET)/i.test(line)) to = []; say('250 ok'); }
            }
        });
    }

    async letter(address, from = 0) {
        for (let i = 0; i < 200; i++) {
            const found = this.letters.slice(from).find((l) => l.to.includes(address));
            if (found) return { ...found, text: Buffer.from(found.raw.split('\r\n\r\n').slice(1).join(''), 'base64').toString() };
            await sleep(50);
        }
        throw new Error(`no letter to ${address}; there are: ${this.letters.map((l) => l.to).join(' ')}`);
    }
}
