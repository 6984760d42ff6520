// Who one is: names, passwords, sessions, and what happens when they end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from '../lib/server.mjs';
import { Api, Person, password, setCookies } from '../lib/native.mjs';
import { isSignedWith, open, reforge, sign } from '../lib/jwt.mjs';

const secret = 'the secret of this story, long enough';
let server, api;
before(async () => {
    server = await Server.start({ secretKey: secret });
    api = new Api(`${server.url}/api/v1`);
});
after(() => server.stop());

const refused = async (promise, status, detail) => {
    const answer = await promise;
    assert.equal(answer.status, status, answer.text);
    if (detail) assert.equal(answer.body.detail, detail, answer.text);
    return answer.body;
};

test('an account is registered, logged in, and knows itself', async () => {
    const ali = await Person.register(server, 'Ali');
    assert.deepEqual(await ali.api.get('/me'), ali.grant.account);
    assert.equal(ali.grant.account.site_admin, false);
    assert.equal(ali.grant.token_type, 'bearer');
    assert.equal(ali.grant.expires_in_s, 900);
    const again = await Person.logIn(server, 'Ali');
    assert.equal(again.id, ali.id);
    assert.notEqual(again.session, ali.session);
});

test('names that look alike are one name', async () => {
    for (const alike of ['ali', 'ALI', 'Ａｌｉ', 'aLi', 'Ali\u00ad']) {
        const answer = await api.call('POST', '/accounts', { username: alike, password });
        assert.ok([400, 409].includes(answer.status), `${alike}: ${answer.status} ${answer.text}`);
    }
    await Person.register(server, 'O‘tkir');
    assert.equal((await Person.logIn(server, 'ALI')).username, 'Ali');
});

test('names have a shape', async () => {
    for (const bad of ['', ' ', 'a b\n', 'x'.repeat(33), 'a\u0000b', '\u202eevil', '  ali  ', '💬: x\n', 'tab\tname']) {
        await refused(api.call('POST', '/accounts', { username: bad, password }), 400, 'username');
    }
    for (const good of ['Gulnoza', 'Ўткир', 'x'.repeat(32), 'a_b-c.d', '名前']) await Person.register(server, good);
});

test('a password may have 72 bytes and not one more, and is never cut', async () => {
    const long = 'ў'.repeat(36);
    await Person.register(server, 'seventytwo', long);
    await Person.logIn(server, 'seventytwo', long);
    const cut = await api.call('POST', '/accounts', { username: 'seventythree', password: `${long}x` });
    assert.ok([400, 413].includes(cut.status), cut.text);
    assert.equal(cut.body.detail, 'password');
    const answer = await api.call('POST', '/sessions', { username: 'seventytwo', password: `${long}x` });
    assert.ok([400, 401, 413].includes(answer.status), answer.text);
    await refused(api.call('POST', '/accounts', { username: 'short', password: '12345' }), 400, 'password');
    await refused(api.call('POST', '/accounts', { username: 'empty', password: '' }), 400, 'password');
    await refused(api.call('POST', '/accounts', { username: 'nul', password: 'abcdefgh\u0000rest' }), 400, 'password');
});

test('a wrong password and an unknown name sound the same', async () => {
    const wrong = await refused(api.call('POST', '/sessions', { username: 'Ali', password: 'not it' }), 401);
    const unknown = await refused(api.call('POST', '/sessions', { username: 'nobody', password: 'not it' }), 401);
    assert.deepEqual(wrong, unknown);
});

test('errors speak the language that was asked for', async () => {
    const said = async (language) => (await api.call('POST', '/sessions', { username: 'Ali', password: 'no' }, { 'accept-language': language })).body.message;
    const messages = new Set(await Promise.all(['uz', 'uk', 'ru', 'en'].map(said)));
    assert.equal(messages.size, 4, [...messages].join(' | '));
    assert.equal(await said('fr;q=0.9, ru;q=0.8'), await said('ru'));
});

test('unknown fields, missing fields and wrong types are refused with their name', async () => {
    await refused(api.call('POST', '/accounts', { username: 'typo', password, pasword: 'x' }), 400, 'pasword');
    await refused(api.call('POST', '/accounts', { username: 'typo' }), 400, 'password');
    await refused(api.call('POST', '/accounts', { username: 7, password }), 400, 'username');
    await refused(api.call('POST', '/accounts', '{"username":"typo","password":'), 400);
    await refused(api.call('POST', '/accounts', '[]'), 400);
    await refused(api.call('POST', '/accounts', ''), 400);
    await refused(api.call('POST', '/accounts', '{"username":"twice","username":"twice2","password":"abcdefgh"}'), 400);
});

test('a refresh token is used once; using it again ends the session', async () => {
    const first = await Person.register(server, 'rotating');
    const second = await api.post('/sessions/refresh', { refresh_token: first.grant.refresh_token });
    assert.equal(second.session, first.session);
    assert.notEqual(second.refresh_token, first.grant.refresh_token);
    await api.as(second.access_token).get('/me');
    const third = await api.post('/sessions/refresh', { refresh_token: second.refresh_token });
    await refused(api.call('POST', '/sessions/refresh', { refresh_token: first.grant.refresh_token }), 401);
    await refused(api.call('POST', '/sessions/refresh', { refresh_token: third.refresh_token }), 401);
    await refused(api.as(third.access_token).call('GET', '/me'), 401);
    await refused(api.call('POST', '/sessions/refresh', { refresh_token: 'nonsense' }), 401);
});

test('two refreshes at once with one token are one refresh: an answer that was lost may be asked for again', async () => {
    const person = await Person.register(server, 'racing');
    const both = await Promise.all([1, 2].map(() => api.call('POST', '/sessions/refresh', { refresh_token: person.grant.refresh_token })));
    const won = both.filter((a) => a.status === 200).map((a) => a.body.refresh_token);
    assert.ok(won.length >= 1, both.map((a) => a.text).join());
    assert.equal(new Set(won).size, 1, 'two different tokens would be two sessions');
    await api.post('/sessions/refresh', { refresh_token: won[0] });
});

test('sessions are listed and revoked; a revoked one is refused at once and its sockets are closed with 4401', async () => {
    const desk = await Person.register(server, 'nomad');
    const phone = await Person.logIn(server, 'nomad');
    const { sessions } = await desk.api.get('/sessions');
    assert.deepEqual(sessions.map((s) => s.id).sort((a, b) => a - b), [desk.session, phone.session]);
    assert.deepEqual(sessions.filter((s) => s.current).map((s) => s.id), [desk.session]);
    assert.equal(sessions[0].address, '127.0.0.1');
    const gateway = await phone.gateway();
    const stays = await desk.gateway();
    await desk.api.delete(`/sessions/${phone.session}`);
    assert.equal(await gateway.closed, 4401);
    await refused(phone.api.call('GET', '/me'), 401);
    await refused(api.call('POST', '/sessions/refresh', { refresh_token: phone.grant.refresh_token }), 401);
    await assert.rejects(phone.gateway(), { status: 401 });
    await stays.op('ping');
    await stays.close();
});

test('whoever asks who they are is told, and nobody is no fault; a refresh cookie is seen, an ended session is nobody', async () => {
    const asks = async (headers, token) => {
        const answer = await new Api(api.url, token).call('GET', '/sessions/current', undefined, headers);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
        return answer.body;
    };
    const person = await Person.register(server, 'who');
    assert.deepEqual(await asks({}), { account: null, renewable: false });
    assert.deepEqual(await asks({ cookie: 'suhbat_access=nonsense' }), { account: null, renewable: false });
    assert.deepEqual(await asks({ cookie: `suhbat_refresh=${person.grant.refresh_token}` }), { account: null, renewable: true });
    const seen = await asks({ cookie: `suhbat_access=${person.token}; suhbat_refresh=${person.grant.refresh_token}` });
    assert.deepEqual([seen.account.username, seen.renewable], ['who', true]);
    assert.equal((await asks({}, person.token)).account.id, person.id);
    await person.api.delete('/sessions/current');
    assert.deepEqual(await asks({}, person.token), { account: null, renewable: false });
});

test('nobody revokes another one\'s session', async () => {
    const mine = await Person.register(server, 'mine');
    const theirs = await Person.register(server, 'theirs');
    await refused(theirs.api.call('DELETE', `/sessions/${mine.session}`), 404);
    await mine.api.get('/me');
});

test('logging out ends this session and clears the cookies', async () => {
    const person = await Person.register(server, 'leaving');
    const gateway = await person.gateway();
    const answer = await person.api.call('DELETE', '/sessions/current');
    assert.equal(answer.status, 204);
    const cookies = setCookies(answer.headers);
    assert.ok(cookies.every((c) => /suhbat_(access|refresh)=;/.test(c) && /Max-Age=0|Expires=/.test(c)), cookies.join(' | '));
    assert.equal(await gateway.closed, 4401);
    await refused(person.api.call('GET', '/me'), 401);
});

test('log-in sets cookies that scripts cannot read; a cookie needs an Origin of ours where something changes', async () => {
    await Person.register(server, 'browser');
    const answer = await api.call('POST', '/sessions', { username: 'browser', password });
    const cookies = Object.fromEntries(setCookies(answer.headers).map((line) => [line.split('=')[0], line]));
    assert.match(cookies.suhbat_access, /HttpOnly/);
    assert.match(cookies.suhbat_access, /SameSite=Lax/);
    assert.match(cookies.suhbat_access, /Path=\/(;|$)/);
    assert.match(cookies.suhbat_refresh, /HttpOnly/);
    assert.match(cookies.suhbat_refresh, /Path=\/api\/v1\/sessions/);
    const cookie = cookies.suhbat_access.split(';')[0];
    const own = server.url;
    assert.equal((await api.call('GET', '/me', undefined, { cookie })).status, 200);
    assert.equal((await api.call('POST', '/rooms', { kind: 'group', name: 'x' }, { cookie })).status, 403);
    assert.equal((await api.call('POST', '/rooms', { kind: 'group', name: 'x' }, { cookie, origin: 'https://evil.example' })).status, 403);
    assert.equal((await api.call('POST', '/rooms', { kind: 'group', name: 'x' }, { cookie, origin: 'null' })).status, 403);
    assert.equal((await api.call('POST', '/rooms', { kind: 'group', name: 'x' }, { cookie, origin: own })).status, 201);
    assert.equal((await api.call('POST', '/rooms', { kind: 'group', name: 'y' }, { cookie, 'sec-fetch-site': 'same-origin' })).status, 201);
    const refresh = cookies.suhbat_refresh.split(';')[0];
    assert.equal((await api.call('POST', '/sessions/refresh', undefined, { cookie: refresh, origin: 'https://evil.example' })).status, 403);
    assert.equal((await api.call('POST', '/sessions/refresh', undefined, { cookie: refresh, origin: own })).status, 200);
});

test('tokens that are not ours open nothing', async () => {
    const person = await Person.register(server, 'honest');
    assert.ok(isSignedWith(person.token, secret), 'the secret of this story signs the tokens');
    const { header, claims } = open(person.token);
    const soon = Math.floor(Date.now() / 1000) + 600;
    assert.equal((await api.as(sign(header, { ...claims, exp: soon }, secret)).call('GET', '/me')).status, 200, 'a well-made token passes');
    const bad = {
        expired: reforge(person.token, secret, { exp: Math.floor(Date.now() / 1000) - 10 }),
        'another key': reforge(person.token, 'another secret'),
        'no signature': sign({ ...header, alg: 'none' }, claims, ''),
        'HS512 with our key': reforge(person.token, secret, {}, { alg: 'HS512' }),
        'another audience': reforge(person.token, secret, { aud: 'lobby' }),
        'another issuer': reforge(person.token, secret, { iss: 'else' }),
        'no expiry': reforge(person.token, secret, { exp: undefined }),
        'not yet': reforge(person.token, secret, { nbf: soon }),
        'a session that never was': reforge(person.token, secret, { sid: 999999 }),
        'another one\'s session': reforge(person.token, secret, { aid: claims.aid - 1 }),
        nonsense: 'a.b.c',
        empty: '.',
        'very long': `${'a'.repeat(5000)}.b.c`,
    };
    for (const [name, token] of Object.entries(bad)) {
        const answer = await api.as(token).call('GET', '/me');
        assert.equal(answer.status, 401, `${name}: ${answer.status} ${answer.text}`);
    }
});

test('people are found by the beginning of their name', async () => {
    const seeker = await Person.register(server, 'seeker');
    for (let i = 0; i < 25; i++) await Person.register(server, `crowd${i}`);
    const { accounts } = await seeker.api.get('/accounts?prefix=CROWD');
    assert.equal(accounts.length, 20);
    assert.ok(accounts.every((a) => a.username.startsWith('crowd') && Object.keys(a).join() === 'id,username,name,avatar,bot'));
    assert.deepEqual((await seeker.api.get('/accounts?prefix=' + encodeURIComponent('%'))).accounts, []);
    assert.deepEqual((await seeker.api.get('/accounts?prefix=cr_wd')).accounts, []);
    await refused(seeker.api.call('GET', '/accounts?prefix='), 400, 'prefix');
    await refused(seeker.api.call('GET', '/accounts'), 400, 'prefix');
});

test('with registration closed nobody registers; with invitations only who has one', async () => {
    const closed = await Server.start({ env: { SUHBAT_REGISTRATION: 'closed' } });
    try {
        const there = new Api(`${closed.url}/api/v1`);
        await refused(there.call('POST', '/accounts', { username: 'x', password }), 403);
        const admin = await there.post('/setup', { token: closed.setupToken(), username: 'admin', password });
        closed.env.SUHBAT_REGISTRATION = 'invite';
        await closed.restart();
        await refused(there.call('POST', '/accounts', { username: 'uninvited', password }), 403);
        const boss = there.as(admin.access_token);
        const invite = await boss.post('/invites', { n_uses: 2, expires_in_s: 3600 });
        await there.post('/accounts', { username: 'guest1', password, invite: invite.code });
        await refused(there.call('POST', '/accounts', { username: 'guest1', password, invite: invite.code }), 409);
        await there.post('/accounts', { username: 'guest2', password, invite: invite.code });
        const third = await there.call('POST', '/accounts', { username: 'guest3', password, invite: invite.code });
        assert.ok([403, 410].includes(third.status), third.text);
        const guest = await there.post('/sessions', { username: 'guest1', password });
        await refused(there.as(guest.access_token).call('POST', '/invites', {}), 403);
        const short = await boss.post('/invites', { n_uses: 1, expires_in_s: 1 });
        await new Promise((done) => setTimeout(done, 1600));
        const late = await there.call('POST', '/accounts', { username: 'late', password, invite: short.code });
        assert.ok([403, 410].includes(late.status), late.text);
    } finally {
        await closed.stop();
    }
});

test('log-ins are limited per account and per address, with Retry-After', async () => {
    const strict = await Server.start({ env: { SUHBAT_RATE_LIMITS: 'on' } });
    try {
        const there = new Api(`${strict.url}/api/v1`);
        await there.post('/accounts', { username: 'target', password });
        const attempt = () => there.call('POST', '/sessions', { username: 'target', password: 'guess' });
        let limited;
        for (let i = 0; i < 12 && !limited; i++) {
            const answer = await attempt();
            if (answer.status === 429) limited = answer;
            else assert.equal(answer.status, 401);
        }
        assert.ok(limited, 'twelve guesses in a row are too many');
        assert.equal(limited.body.error, 'limited');
        assert.ok(Number(limited.headers.get('retry-after')) >= 1);
        assert.equal(limited.body.retry_after_s, Number(limited.headers.get('retry-after')));
        const right = await there.call('POST', '/sessions', { username: 'TARGET', password });
        assert.equal(right.status, 429, 'another spelling is the same account, and the right password does not help');
        let byAddress = 0;
        for (let i = 0; i < 40; i++) {
            const answer = await there.call('POST', '/sessions', { username: `unknown${i}`, password: 'guess' });
            if (answer.status === 429) byAddress++;
        }
        assert.ok(byAddress > 0, 'forty log-ins from one address are too many');
        let accounts = 0;
        while (accounts < 15 && (await there.call('POST', '/accounts', { username: `many${accounts}`, password })).status === 201) accounts++;
        assert.ok(accounts <= 10, `${accounts} accounts from one address`);
    } finally {
        await strict.stop();
    }
});
