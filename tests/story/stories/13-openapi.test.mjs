// openapi.yaml and the live server say the same: every documented route is called and its answers are judged; everything else is 404 or 405.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from '../lib/server.mjs';
import { Api, Person, password } from '../lib/native.mjs';
import { document, judge, operations } from '../lib/openapi.mjs';
import { RawWebSocket } from '../lib/raw.mjs';
import { Browser } from '../lib/rooms.mjs';
import { picture } from '../lib/pictures.mjs';

let server, admin, ali, vali, room, message;
before(async () => {
    server = await Server.start();
    const api = new Api(`${server.url}/api/v1`);
    admin = new Person(server, await api.post('/setup', { token: server.setupToken(), username: 'admin', password }));
    [ali, vali] = await Promise.all(['ali', 'vali'].map((name) => Person.register(server, name)));
    room = await ali.group('documented', [vali], { public: true });
    message = await ali.say(room, 'documented', { key: 'documented' });
    await vali.api.put(`/rooms/${room.id}/messages/${message.id}/reactions/x`);
    for (const [name, cookies] of [['nobody', {}], ['ali', { suhbat_access: ali.token }]]) {
        const browser = new Browser(server, cookies);
        await browser.get(name === 'nobody' ? '/login/' : '/create/');
        forms[name] = { ...urlencoded, cookie: browser.cookie, 'x-csrftoken': browser.token };
    }
});
after(() => server.stop());

const R = () => `/api/v1/rooms/${room.id}`;
const M = () => `${R()}/messages/${message.id}`;

/** The old rooms: cookies, and forms with their proof. */
const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' }, forms = {};
const cookieOf = (person) => ({ cookie: `suhbat_access=${person.token}` });

let n_fresh = 0;
const fresh = () => `person${n_fresh++}`;
const invite = () => ali.api.post(`/rooms/${room.id}/invites`, {});
const guild = async () => `/api/v1/guilds/${(await ali.api.post('/guilds', { name: 'guild' })).id}`;

const subscription = { endpoint: 'https://push.example/documented', expirationTime: null,
    keys: { p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4', auth: 'BTBZMqHH6r4Tts7J_aSIgg' } };
const tus = { 'tus-resumable': '1.0.0' }, atOffset = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
const inForm = { 'content-type': 'multipart/form-data; boundary=cut' };
const form = (text) => `--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${text}\r\n--cut--\r\n`;
const inUrl = { 'content-type': 'application/x-www-form-urlencoded' };
const file = async (bytes = 'bytes') => (await ali.api.put('/files?name=documented', bytes)).id;
const upload = async () => (await ali.api.call('POST', '/uploads', undefined, { ...tus, 'upload-length': '5' })).headers.get('location');
const deskChat = async () => `/api/v1/desk/chats/${parseInt(await chat(), 16)}`;
const canned = async () => (await admin.api.post('/desk/canned', { title: 'A', text: 'b' })).id;
const outgoing = async () => (await ali.api.post(`/rooms/${room.id}/outgoing`, { url: 'https://hook.example/x', events: ['room_changed'] })).id;

/** A visitor of the old desk, with an open chat. */
const visitor = async () => {
    const { visitorToken: token, chat } = await new Api(server.url).post('/api/chats', { userId: 'v' });
    return { token, chat: chat._id };
};
const chat = async () => (await visitor()).chat;

/** operationId: [[status, who, path, body], …]: at least one success and one refusal each. */
const calls = {
    getSetup: () => [[200, null, '/api/v1/setup']],
    setUp: () => [[409, null, '/api/v1/setup', { token: 'x'.repeat(43), username: 'late', password }, [401, 403, 409, 410]], [400, null, '/api/v1/setup', {}]],
    register: () => [[201, null, '/api/v1/accounts', { username: 'new', password }], [409, null, '/api/v1/accounts', { username: 'NEW', password }],
        [400, null, '/api/v1/accounts', {}]],
    findAccounts: () => [[200, ali, '/api/v1/accounts?prefix=v'], [400, ali, '/api/v1/accounts'], [401, null, '/api/v1/accounts?prefix=v']],
    getMe: () => [[200, ali, '/api/v1/me'], [401, null, '/api/v1/me']],
    changeMe: () => [[200, ali, '/api/v1/me', { name: 'Ali', about: 'x', hide_read: false }], [200, ali, '/api/v1/me', { name: null, about: null }],
        [400, ali, '/api/v1/me', { name: 5 }], [401, null, '/api/v1/me', {}]],
    eraseMe: async () => [[204, await Person.register(server, fresh()), '/api/v1/me', { password }], [403, ali, '/api/v1/me', { password: 'wrong' }]],
    changePassword: () => [[204, ali, '/api/v1/me/password', { old: password, new: password }], [403, ali, '/api/v1/me/password', { old: 'wrong', new: password }],
        [400, ali, '/api/v1/me/password', {}]],
    changeEmail: () => [[200, ali, '/api/v1/me/email', { email: 'ali@b.example', password }], [409, vali, '/api/v1/me/email', { email: 'ali@b.example', password }],
        [400, ali, '/api/v1/me/email', { email: 'x', password }], [200, ali, '/api/v1/me/email', { email: null, password }]],
    deactivateMe: async () => [[204, await Person.register(server, fresh()), '/api/v1/me/deactivate', { password }], [409, admin, '/api/v1/me/deactivate', { password }]],
    createBot: () => [[201, ali, '/api/v1/me/bots', { username: 'botty', name: 'Bot' }], [409, ali, '/api/v1/me/bots', { username: 'botty' }], [400, ali, '/api/v1/me/bots', {}]],
    listBots: () => [[200, ali, '/api/v1/me/bots'], [401, null, '/api/v1/me/bots']],
    rotateBot: async () => [[200, ali, `/api/v1/me/bots/${(await ali.api.post('/me/bots', { username: fresh() })).bot.id}/token`], [404, vali, '/api/v1/me/bots/999999/token']],
    deleteBot: async () => [[204, ali, `/api/v1/me/bots/${(await ali.api.post('/me/bots', { username: fresh() })).bot.id}`], [404, ali, `/api/v1/me/bots/${vali.id}`]],
    getProfile: () => [[200, ali, `/api/v1/accounts/${vali.id}`], [404, ali, '/api/v1/accounts/999999']],
    forgotPassword: () => [[403, null, '/api/v1/password/forgot', { who: 'ali' }], [400, null, '/api/v1/password/forgot', {}]],
    resetPassword: async () => [[204, null, '/api/v1/password/reset', { token: (await admin.api.post(`/admin/users/${(await Person.register(server, fresh())).id}/reset`)).link.split('/').pop(), password }],
        [410, null, '/api/v1/password/reset', { token: 'x', password }]],
    verifyEmail: () => [[410, null, '/api/v1/email/verify', { token: 'x' }], [400, null, '/api/v1/email/verify', {}]],
    report: async () => [[201, vali, '/api/v1/reports', { room: room.id, message: (await ali.say(room, 'bad')).id, reason: 'x' }], [404, vali, '/api/v1/reports', { room: room.id, message: 999999 }]],
    listUsers: () => [[200, admin, '/api/v1/admin/users?query=a&limit=2'], [403, ali, '/api/v1/admin/users'], [400, admin, '/api/v1/admin/users?limit=0']],
    createUser: () => [[201, admin, '/api/v1/admin/users', { username: 'made', email: 'm@b.example', password: null }], [409, admin, '/api/v1/admin/users', { username: 'made' }],
        [403, ali, '/api/v1/admin/users', { username: 'x' }]],
    changeUser: () => [[200, admin, `/api/v1/admin/users/${vali.id}`, { quota: 5 }], [200, admin, `/api/v1/admin/users/${vali.id}`, { quota: null, deactivated: false }],
        [409, admin, `/api/v1/admin/users/${admin.id}`, { site_admin: false }], [403, ali, `/api/v1/admin/users/${vali.id}`, {}]],
    resetUser: () => [[201, admin, `/api/v1/admin/users/${vali.id}/reset`], [404, admin, '/api/v1/admin/users/999999/reset'], [403, ali, `/api/v1/admin/users/${vali.id}/reset`]],
    listUserSessions: () => [[200, admin, `/api/v1/admin/users/${vali.id}/sessions`], [403, ali, `/api/v1/admin/users/${vali.id}/sessions`]],
    endUserSessions: async () => [[204, admin, `/api/v1/admin/users/${(await Person.register(server, fresh())).id}/sessions`], [403, ali, `/api/v1/admin/users/${vali.id}/sessions`]],
    listAllRooms: () => [[200, admin, '/api/v1/admin/rooms?limit=5'], [403, ali, '/api/v1/admin/rooms']],
    getFigures: () => [[200, admin, '/api/v1/admin/figures'], [403, ali, '/api/v1/admin/figures']],
    getSettings: () => [[200, admin, '/api/v1/admin/settings'], [403, ali, '/api/v1/admin/settings']],
    listReports: () => [[200, admin, '/api/v1/admin/reports?state=open'], [400, admin, '/api/v1/admin/reports?state=x'], [403, ali, '/api/v1/admin/reports']],
    settleReport: async () => [[200, admin, `/api/v1/admin/reports/${(await vali.api.post('/reports', { room: room.id, message: (await ali.say(room, 'bad')).id, reason: 'x' })).id}`, { state: 'closed', note: 'n' }],
        [404, admin, '/api/v1/admin/reports/999999', { state: 'closed' }], [403, ali, '/api/v1/admin/reports/1', { state: 'closed' }]],
    listAudit: () => [[200, admin, '/api/v1/admin/audit?limit=5'], [403, ali, '/api/v1/admin/audit']],
    createInvite: () => [[201, admin, '/api/v1/invites', { n_uses: 2, expires_in_s: 60 }], [201, admin, '/api/v1/invites', {}], [403, ali, '/api/v1/invites', {}],
        [400, admin, '/api/v1/invites', { n_uses: 0 }]],
    logIn: () => [[201, null, '/api/v1/sessions', { username: 'vali', password }], [401, null, '/api/v1/sessions', { username: 'vali', password: 'x' }],
        [400, null, '/api/v1/sessions', {}]],
    listSessions: () => [[200, ali, '/api/v1/sessions'], [401, null, '/api/v1/sessions']],
    whoAmI: () => [[200, ali, '/api/v1/sessions/current'], [200, null, '/api/v1/sessions/current']],
    refreshSession: async () => [[200, null, '/api/v1/sessions/refresh', { refresh_token: (await Person.logIn(server, 'vali')).grant.refresh_token }],
        [401, null, '/api/v1/sessions/refresh', { refresh_token: 'x' }]],
    revokeSession: async () => [[204, ali, `/api/v1/sessions/${(await Person.logIn(server, 'ali')).session}`],
        [404, ali, '/api/v1/sessions/999999']],
    logOut: async () => [[204, await Person.logIn(server, 'ali'), '/api/v1/sessions/current'], [401, null, '/api/v1/sessions/current']],
    listRooms: () => [[200, ali, '/api/v1/rooms'], [401, null, '/api/v1/rooms']],
    createRoom: () => [[201, ali, '/api/v1/rooms', { kind: 'group', name: 'x' }], [201, ali, '/api/v1/rooms', { kind: 'direct', members: [vali.id] }],
        [200, vali, '/api/v1/rooms', { kind: 'direct', members: [ali.id] }], [400, ali, '/api/v1/rooms', {}]],
    listPublicRooms: () => [[200, ali, '/api/v1/rooms/public'], [401, null, '/api/v1/rooms/public']],
    getRoom: () => [[200, ali, R()], [200, admin, R()], [404, ali, '/api/v1/rooms/999999']],
    changeRoom: () => [[200, ali, R(), { name: 'y', topic: 'about', slow_s: 0 }], [200, ali, R(), {}], [403, vali, R(), { name: 'z' }], [400, ali, R(), { name: '' }],
        [400, ali, R(), { topic: 5 }]],
    deleteRoom: async () => [[204, ali, `/api/v1/rooms/${(await ali.group('short')).id}`], [403, vali, R()], [404, ali, '/api/v1/rooms/999999']],
    handOver: async () => [[204, ali, `/api/v1/rooms/${(await ali.group('given', [vali])).id}/owner`, { account: vali.id }], [403, vali, `${R()}/owner`, { account: vali.id }],
        [404, ali, `${R()}/owner`, { account: 999999 }], [400, ali, `${R()}/owner`, {}]],
    muteMember: () => [[200, ali, `${R()}/members/${vali.id}/timeout`, { for_s: 60 }], [200, ali, `${R()}/members/${vali.id}/timeout`, { for_s: 0 }],
        [403, vali, `${R()}/members/${ali.id}/timeout`, { for_s: 60 }], [400, ali, `${R()}/members/${vali.id}/timeout`, { for_s: -1 }]],
    putBan: () => [[204, ali, `${R()}/bans/${admin.id}`, { reason: 'loud' }], [403, vali, `${R()}/bans/${admin.id}`], [400, ali, `${R()}/bans/${ali.id}`]],
    listBans: () => [[200, ali, `${R()}/bans`], [403, vali, `${R()}/bans`], [400, ali, `${R()}/bans?limit=0`]],
    removeBan: () => [[204, ali, `${R()}/bans/${admin.id}`], [403, vali, `${R()}/bans/${admin.id}`]],
    createRoomInvite: () => [[201, ali, `${R()}/invites`, { n_uses: 2, expires_in_s: 60 }], [201, ali, `${R()}/invites`], [403, vali, `${R()}/invites`],
        [400, ali, `${R()}/invites`, { n_uses: 0 }]],
    listRoomInvites: () => [[200, ali, `${R()}/invites`], [403, vali, `${R()}/invites`]],
    revokeRoomInvite: async () => [[204, ali, `${R()}/invites/${(await invite()).code}`], [403, vali, `${R()}/invites/x`]],
    lookAtInvite: async () => [[200, null, `/api/v1/join/${(await invite()).code}`], [410, ali, '/api/v1/join/x']],
    joinByInvite: async () => [[200, vali, `/api/v1/join/${(await invite()).code}`], [410, vali, '/api/v1/join/x']],
    createGuild: () => [[201, ali, '/api/v1/guilds', { name: 'guild', public: true, channel: 'first' }], [400, ali, '/api/v1/guilds', {}]],
    listGuilds: () => [[200, ali, '/api/v1/guilds/public?query=gui'], [200, ali, '/api/v1/guilds/public'], [400, ali, `/api/v1/guilds/public?query=${'x'.repeat(500)}`]],
    getGuild: async () => [[200, ali, await guild()], [404, ali, '/api/v1/guilds/999999']],
    changeGuild: async () => [[200, ali, await guild(), { topic: 'about', public: true }], [400, ali, await guild(), { slow_s: 5 }], [404, vali, await guild(), { name: 'x' }]],
    deleteGuild: async () => [[204, ali, await guild()], [404, vali, await guild()]],
    listChannels: async () => [[200, ali, `${await guild()}/channels`], [404, vali, `${await guild()}/channels`]],
    createChannel: async () => [[201, ali, `${await guild()}/channels`, { name: 'c', topic: 't', read_only: true, slow_s: 5 }], [400, ali, `${await guild()}/channels`, {}],
        [404, vali, `${await guild()}/channels`, { name: 'c' }]],
    orderChannels: async () => {
        const path = await guild(), { rooms } = await ali.api.get(`${path.slice('/api/v1'.length)}/channels`);
        return [[204, ali, `${path}/channels/order`, { channels: rooms.map((r) => r.id) }], [409, ali, `${path}/channels/order`, { channels: [] }],
            [400, ali, `${path}/channels/order`, {}], [404, vali, `${path}/channels/order`, { channels: [] }]];
    },
    listMembers: () => [[200, ali, `${R()}/members?after=0&limit=10`], [400, ali, `${R()}/members?limit=x`], [404, ali, '/api/v1/rooms/999999/members']],
    putMember: () => [[204, admin, `${R()}/members/${admin.id}`], [204, ali, `${R()}/members/${vali.id}`, { role: 'admin' }],
        [204, ali, `${R()}/members/${vali.id}`, { role: 'moderator' }], [204, ali, `${R()}/members/${vali.id}`, { role: 'member' }],
        [403, vali, `${R()}/members/${ali.id}`, { role: 'member' }],
        [400, ali, `${R()}/members/${vali.id}`, { role: 'king' }]],
    removeMember: () => [[204, admin, `${R()}/members/${admin.id}`], [403, vali, `${R()}/members/${ali.id}`], [404, ali, '/api/v1/rooms/999999/members/1']],
    getHistory: () => [[200, vali, `${R()}/messages?limit=5`], [400, vali, `${R()}/messages?limit=0`], [404, vali, '/api/v1/rooms/999999/messages']],
    sendMessage: () => [[201, ali, `${R()}/messages`, { text: 'x', key: 'k', reply_to: message.id }], [200, ali, `${R()}/messages`, { text: 'x', key: 'k', reply_to: message.id }],
        [409, ali, `${R()}/messages`, { text: 'y', key: 'k' }], [400, ali, `${R()}/messages`, {}], [404, ali, '/api/v1/rooms/999999/messages', { text: 'x' }]],
    editMessage: () => [[200, ali, M(), { text: 'edited' }], [403, vali, M(), { text: 'no' }], [404, ali, `${R()}/messages/999999`, { text: 'x' }]],
    deleteMessage: async () => [[204, ali, `${R()}/messages/${(await ali.say(room, 'short')).id}`], [404, ali, `${R()}/messages/999999`]],
    addReaction: () => [[204, vali, `${M()}/reactions/%F0%9F%91%8D`], [404, vali, `${R()}/messages/999999/reactions/x`], [400, vali, `${M()}/reactions/${'x'.repeat(40)}`]],
    removeReaction: () => [[204, vali, `${M()}/reactions/%F0%9F%91%8D`], [404, vali, `${R()}/messages/999999/reactions/x`]],
    getChanges: () => [[200, vali, `${R()}/changes?after=0&limit=1000`], [200, vali, `${R()}/changes`], [400, vali, `${R()}/changes?limit=0`],
        [404, vali, '/api/v1/rooms/999999/changes']],
    markRead: () => [[200, vali, `${R()}/read`, { read: message.seq }], [400, vali, `${R()}/read`, {}], [404, vali, '/api/v1/rooms/999999/read', { read: 1 }]],
    getMessage: () => [[200, vali, M()], [404, vali, `${R()}/messages/999999`]],
    listVersions: () => [[200, vali, `${M()}/versions`], [404, vali, `${R()}/messages/999999/versions`]],
    listReactors: () => [[200, ali, `${M()}/reactions/x?after=0&limit=5`], [400, ali, `${M()}/reactions/x?limit=0`], [404, ali, `${R()}/messages/999999/reactions/x`]],
    putFile: () => [[201, ali, '/api/v1/files?name=x', 'bytes'], [400, ali, '/api/v1/files', 'bytes']],
    postFiles: () => [[201, ali, '/api/v1/files', form('x'), [201], inForm], [400, ali, '/api/v1/files', 'x', [400], inForm]],
    getFile: async () => [[200, ali, `/api/v1/files/${await file()}`], [206, ali, `/api/v1/files/${await file()}`, undefined, [206], { range: 'bytes=0-1' }],
        [416, ali, `/api/v1/files/${await file()}`, undefined, [416], { range: 'bytes=99-' }], [404, vali, `/api/v1/files/${await file()}`]],
    deleteFile: async () => [[204, ali, `/api/v1/files/${await file()}`], [404, vali, `/api/v1/files/${await file()}`]],
    getThumbnail: async () => [[200, ali, `/api/v1/files/${await file(picture)}/thumbnail`], [404, ali, `/api/v1/files/${await file()}/thumbnail`]],
    getFileInfo: async () => [[200, ali, `/api/v1/files/${await file()}/info`], [404, vali, `/api/v1/files/${await file()}/info`]],
    createUpload: () => [[201, ali, '/api/v1/uploads', undefined, [201], { ...tus, 'upload-length': '5' }], [412, ali, '/api/v1/uploads'], [400, ali, '/api/v1/uploads', undefined, [400], tus]],
    getUpload: async () => [[200, ali, await upload()], [404, vali, await upload()]],
    continueUpload: async () => [[204, ali, await upload(), 'bytes', [204], { ...tus, ...atOffset }], [404, vali, await upload(), 'bytes', [404], { ...tus, ...atOffset }]],
    dropUpload: async () => [[204, ali, await upload(), undefined, [204], tus], [404, vali, await upload(), undefined, [404], tus]],
    setAvatar: async () => [[200, ali, '/api/v1/me/avatar', { file: await file(picture) }], [400, ali, '/api/v1/me/avatar', { file: await file() }]],
    dropAvatar: () => [[204, ali, '/api/v1/me/avatar']],
    getAvatar: async () => [[200, vali, `/api/v1/avatars/${(await ali.api.post('/me/avatar', { file: await file(picture) })).avatar}`], [404, vali, '/api/v1/avatars/x']],
    listPins: () => [[200, vali, `${R()}/pins`], [404, vali, '/api/v1/rooms/999999/pins']],
    pinMessage: () => [[204, ali, `${R()}/pins/${message.id}`], [403, vali, `${R()}/pins/${message.id}`], [404, ali, `${R()}/pins/999999`]],
    unpinMessage: () => [[204, ali, `${R()}/pins/${message.id}`], [403, vali, `${R()}/pins/${message.id}`], [404, ali, `${R()}/pins/999999`]],
    markUnread: () => [[200, vali, `${R()}/unread`, { from: message.seq }], [400, vali, `${R()}/unread`, { from: 0 }], [404, vali, '/api/v1/rooms/999999/unread', { from: 1 }]],
    listReaders: () => [[200, ali, `${R()}/readers?seq=1&limit=5`], [400, ali, `${R()}/readers`], [404, ali, '/api/v1/rooms/999999/readers?seq=1']],
    putDraft: () => [[200, ali, `${R()}/draft`, { text: 'well', reply_to: message.id }], [200, ali, `${R()}/draft`, { text: '' }], [400, ali, `${R()}/draft`, {}],
        [404, ali, '/api/v1/rooms/999999/draft', { text: 'x' }]],
    readAll: () => [[200, vali, '/api/v1/me/read-all', {}]],
    block: () => [[204, ali, `/api/v1/me/blocks/${admin.id}`], [400, ali, `/api/v1/me/blocks/${ali.id}`], [404, ali, '/api/v1/me/blocks/999999']],
    listBlocks: async () => (await ali.api.put(`/me/blocks/${admin.id}`), [[200, ali, '/api/v1/me/blocks'], [401, null, '/api/v1/me/blocks']]),
    unblock: () => [[204, ali, `/api/v1/me/blocks/${admin.id}`], [401, null, `/api/v1/me/blocks/${admin.id}`]],
    setTyping: () => [[204, vali, `${R()}/typing`, { on: true }], [400, vali, `${R()}/typing`, {}], [404, vali, '/api/v1/rooms/999999/typing', { on: true }]],
    search: () => [[200, ali, '/api/v1/search?query=documented&limit=5'], [200, ali, `/api/v1/search?query=x&room=${room.id}&from=${ali.id}&before=2030-01-01&after=2020-01-01T00:00:00Z&has=link,file&type=files`],
        [400, ali, '/api/v1/search?before=soon'], [404, ali, '/api/v1/search?room=999999']],
    searchRooms: () => [[200, ali, '/api/v1/search/rooms?query=docu'], [400, ali, '/api/v1/search/rooms']],
    searchPeople: () => [[200, ali, '/api/v1/search/people?query=val'], [400, ali, '/api/v1/search/people']],
    setNotify: () => [[200, vali, `${R()}/notify`, { level: 'none', until: '2100-01-01T00:00:00Z' }], [200, vali, `${R()}/notify`, { level: null, until: null }],
        [400, vali, `${R()}/notify`, { level: 'loud' }], [404, vali, '/api/v1/rooms/999999/notify', { level: 'all', until: null }]],
    listNotify: () => [[200, vali, '/api/v1/me/notify']],
    getPushKey: () => [[200, vali, '/api/v1/push/key']],
    listPushSubscriptions: () => [[200, vali, '/api/v1/push/subscriptions']],
    subscribePush: () => [[201, vali, '/api/v1/push/subscriptions', subscription], [200, vali, '/api/v1/push/subscriptions', subscription],
        [400, vali, '/api/v1/push/subscriptions', { ...subscription, endpoint: 'x' }]],
    unsubscribePush: async () => [[204, vali, `/api/v1/push/subscriptions/${(await vali.api.post('/push/subscriptions', subscription)).id}`],
        [404, vali, '/api/v1/push/subscriptions/999999']],
    createHook: () => [[201, ali, `${R()}/hooks`, { name: 'hook' }], [403, vali, `${R()}/hooks`, { name: 'hook' }], [400, ali, `${R()}/hooks`, { name: '' }]],
    listHooks: () => [[200, ali, `${R()}/hooks`], [403, vali, `${R()}/hooks`]],
    deleteHook: async () => [[204, ali, `${R()}/hooks/${(await ali.api.post(`/rooms/${room.id}/hooks`, { name: 'hook' })).id}`], [404, ali, `${R()}/hooks/999999`]],
    postHook: async () => [[200, null, (await ali.api.post(`/rooms/${room.id}/hooks`, { name: 'hook' })).path, { text: 'x' }], [404, null, '/api/v1/hooks/999999/x', { text: 'x' }]],
    createOutgoing: () => [[201, ali, `${R()}/outgoing`, { url: 'https://hook.example/x', events: ['room_changed'] }], [403, vali, `${R()}/outgoing`, { url: 'https://hook.example/x', events: ['room_changed'] }],
        [400, ali, `${R()}/outgoing`, { url: 'x', events: ['room_changed'] }], [400, ali, `${R()}/outgoing`, { url: 'https://hook.example/x', events: ['typing'] }]],
    listOutgoing: () => [[200, ali, `${R()}/outgoing`], [403, vali, `${R()}/outgoing`]],
    deleteOutgoing: async () => [[204, ali, `${R()}/outgoing/${await outgoing()}`], [404, ali, `${R()}/outgoing/999999`]],
    testOutgoing: async () => [[202, ali, `${R()}/outgoing/${await outgoing()}/test`], [404, ali, `${R()}/outgoing/999999/test`]],
    openGateway: () => [[426, vali, '/api/v1/gateway', undefined, [400, 426]]],
    deskOpenChat: () => [[200, null, '/api/chats', { userId: 'documented' }], [400, null, '/api/chats', {}]],
    deskMyChat: async () => [[200, null, '/api/chats/mine'], [200, await visitor(), '/api/chats/mine']],
    deskChatsOfUser: async () => [[200, await visitor(), '/api/chats/user/v'], [404, admin, '/api/chats/user/v'], [403, ali, '/api/chats/user/v']],
    deskWaiting: () => [[200, admin, '/api/chats/waiting'], [403, ali, '/api/chats/waiting']],
    deskChatsOfAdmin: () => [[200, admin, '/api/chats/admin/admin'], [403, ali, '/api/chats/admin/ali']],
    deskAll: () => [[200, admin, '/api/chats/all?status=waiting'], [403, ali, '/api/chats/all']],
    deskAssign: async () => [[200, admin, '/api/chats/assign', { chatId: await chat(), adminId: 'admin' }], [400, admin, '/api/chats/assign', {}]],
    deskMove: async () => [[409, admin, '/api/chats/transfer', { chatId: await chat(), toAdminId: 'admin' }], [400, admin, '/api/chats/transfer', {}]],
    deskLockChat: async () => [[200, admin, '/api/chats/lock', { chatId: await chat(), adminId: 'admin' }], [400, admin, '/api/chats/lock', {}]],
    deskUnlockChat: async () => [[200, admin, '/api/chats/unlock', { chatId: await chat(), adminId: 'admin' }], [400, admin, '/api/chats/unlock', {}]],
    deskCloseChat: async () => [[200, admin, `/api/chats/${await chat()}/close`], [400, admin, '/api/chats/x/close']],
    deskRate: async () => {
        const who = await visitor(), id = (await new Api(server.url, who.token).get('/api/chats/mine')).chat._id;
        await new Api(server.url, who.token).patch(`/api/chats/${id}/close`);
        return [[200, who, `/api/chats/${id}/rating`, { rating: 5 }], [409, who, `/api/chats/${id}/rating`, { rating: 5 }]];
    },
    deskSay: async () => [[200, null, '/api/messages', { senderId: 'v', senderType: 'user', content: 'x' }], [400, null, '/api/messages', {}]],
    deskUpload: async () => [[200, await visitor(), '/api/messages/files?name=x', 'bytes'], [400, admin, '/api/messages/files', 'bytes']],
    deskFile: async () => {
        const who = new Api(server.url, (await visitor()).token), { file } = await who.post('/api/messages/files?name=x', 'bytes');
        const { message } = await who.post('/api/messages', { senderId: 'v', senderType: 'user', content: 'x', fileUrl: file.fileUrl });
        return [[200, null, message.fileUrl], [404, null, '/api/messages/files/1.1.x/x']];
    },
    deskMessages: async () => [[200, admin, `/api/messages/${await chat()}?page=1&limit=5`], [404, ali, `/api/messages/${await chat()}`], [400, admin, '/api/messages/x']],
    deskRead: async () => [[403, admin, '/api/messages/read', { chatId: room.id.toString(16).padStart(24, '0'), readerId: 'admin', readerType: 'admin' }], [400, admin, '/api/messages/read', {}]],
    deskTyping: async () => [[200, admin, '/api/messages/typing', { chatId: await chat(), userId: 'admin', isTyping: true }], [400, admin, '/api/messages/typing', {}]],
    deskStatus: async () => [[200, await visitor(), '/api/status', { userId: 'v', online: true }], [400, admin, '/api/status', {}]],
    lobbyRegister: () => [[201, null, '/auth/register', { username: 'lobbyist', password }], [400, null, '/auth/register', { username: 'lobbyist', password }],
        [422, null, '/auth/register', { username: 'x' }]],
    lobbyLogIn: () => [[200, null, '/auth/login', { username: 'vali', password }], [401, null, '/auth/login', { username: 'vali', password: 'x' }],
        [422, null, '/auth/login', { username: 5, password: 'x' }]],
    lobbyPicture: async () => {
        const seen = await file(picture);
        await ali.say(await ali.lobby(), '', { files: [seen] });
        return [[200, ali, `/ws/pictures/${seen}`], [403, null, `/ws/pictures/${seen}`], [404, ali, '/ws/pictures/999999']];
    },
    deskMe: () => [[200, admin, '/api/v1/desk/me'], [200, ali, '/api/v1/desk/me']],
    deskList: () => [[200, admin, '/api/v1/desk/chats?filter=waiting&limit=5'], [200, admin, '/api/v1/desk/chats?filter=all&state=closed'], [403, ali, '/api/v1/desk/chats'],
        [400, admin, '/api/v1/desk/chats?filter=x']],
    deskNext: async () => (await chat(), [[200, admin, '/api/v1/desk/next'], [403, ali, '/api/v1/desk/next']]),
    deskGet: async () => [[200, admin, await deskChat()], [404, admin, `/api/v1/desk/chats/${room.id}`], [404, ali, '/api/v1/desk/chats/999999']],
    deskTake: async () => [[200, admin, `${await deskChat()}/take`], [404, admin, '/api/v1/desk/chats/999999/take'], [400, admin, '/api/v1/desk/chats/999999/take', { agent: 'x' }]],
    deskLock: async () => [[200, admin, `${await deskChat()}/lock`], [404, admin, '/api/v1/desk/chats/999999/lock'], [400, admin, '/api/v1/desk/chats/999999/lock', { agent: 'x' }]],
    deskUnlock: async () => [[200, admin, `${await deskChat()}/unlock`], [404, admin, '/api/v1/desk/chats/999999/unlock']],
    deskClose: async () => [[200, admin, `${await deskChat()}/close`], [404, admin, '/api/v1/desk/chats/999999/close']],
    deskTransfer: async () => [[409, admin, `${await deskChat()}/transfer`, { to: admin.id }], [404, admin, '/api/v1/desk/chats/999999/transfer', { to: ali.id }], [400, admin, '/api/v1/desk/chats/999999/transfer', {}]],
    deskTags: async () => [[200, admin, `${await deskChat()}/tags`, { tags: ['x', 'y'] }], [404, admin, '/api/v1/desk/chats/999999/tags', { tags: ['x'] }], [400, admin, '/api/v1/desk/chats/999999/tags', { tags: 5 }]],
    deskNotes: async () => {
        const path = `${await deskChat()}/notes`;
        await admin.api.post(path.slice('/api/v1'.length), { text: 'x' });
        return [[200, admin, path], [404, ali, path], [404, admin, '/api/v1/desk/chats/999999/notes']];
    },
    deskNote: async () => [[201, admin, `${await deskChat()}/notes`, { text: 'x' }], [404, admin, '/api/v1/desk/chats/999999/notes', { text: 'x' }], [400, admin, '/api/v1/desk/chats/999999/notes', {}]],
    deskCanned: () => [[200, admin, '/api/v1/desk/canned'], [403, ali, '/api/v1/desk/canned']],
    deskAddCanned: () => [[201, admin, '/api/v1/desk/canned', { title: 'Salom', text: 'Assalomu alaykum', shortcut: 's' }],
        [409, admin, '/api/v1/desk/canned', { title: 'Salom', text: 'x', shortcut: 's' }], [400, admin, '/api/v1/desk/canned', { title: '' }],
        [403, ali, '/api/v1/desk/canned', { title: 'x', text: 'x' }]],
    deskChangeCanned: async () => [[200, admin, `/api/v1/desk/canned/${await canned()}`, { title: 'B', text: 'c', shortcut: null }],
        [404, admin, '/api/v1/desk/canned/999999', { title: 'B', text: 'c' }]],
    deskDeleteCanned: async () => [[204, admin, `/api/v1/desk/canned/${await canned()}`], [404, admin, '/api/v1/desk/canned/999999']],
    deskAgents: () => [[200, admin, '/api/v1/desk/agents'], [403, ali, '/api/v1/desk/agents']],
    deskAgent: () => [[200, admin, `/api/v1/desk/agents/${vali.id}`, { role: 'agent', capacity: 3 }], [200, admin, `/api/v1/desk/agents/${vali.id}`, { role: 'none' }],
        [400, admin, `/api/v1/desk/agents/${vali.id}`, { role: 'boss' }], [404, admin, '/api/v1/desk/agents/999999', { role: 'agent' }], [403, ali, `/api/v1/desk/agents/${vali.id}`, { role: 'agent' }]],
    deskFigures: () => [[200, admin, '/api/v1/desk/figures?from=2026-01-01&to=2026-01-31'], [400, admin, '/api/v1/desk/figures?from=2026-02-30'], [403, ali, '/api/v1/desk/figures']],
    roomsLoginPage: () => [[200, null, '/login/'], [302, null, '/login/', undefined, [302], cookieOf(ali)]],
    roomsLogIn: () => [[403, null, '/login/', 'username=ali', [403], urlencoded], [302, null, '/login/', `username=ali&password=${encodeURIComponent(password)}`, [302], forms.nobody],
        [200, null, '/login/', 'username=ali&password=x', [200], forms.nobody]],
    roomsLogOutByLink: () => [[302, null, '/logout/']],
    roomsLogOut: () => [[302, null, '/logout/', '', [302], forms.nobody]],
    roomsCreatePage: () => [[200, null, '/create/', undefined, [200], cookieOf(ali)]],
    roomsCreate: () => [[302, null, '/create/', 'room_name=documented', [302], forms.ali], [302, null, '/create/', '', [302], forms.ali]],
    roomsRoom: () => [[200, null, `/room/${room.id}/`, undefined, [200], cookieOf(ali)], [404, null, '/room/999999/', undefined, [404], cookieOf(ali)]],
    roomsSay: () => [[302, null, `/room/${room.id}/`, 'content=documented', [302], forms.ali], [200, null, `/room/${room.id}/`, 'content=', [200], forms.ali],
        [404, null, `/room/${room.id}/`, 'edit_message_id=999999&edited_content=x', [404], forms.ali]],
    roomsDeleteRoomByLink: () => [[302, null, `/delete-room/${room.id}/`, undefined, [302], cookieOf(ali)]],
    roomsDeleteRoom: () => [[404, null, '/delete-room/999999/', '', [404], forms.ali]],
    roomsDeleteByLink: () => [[302, null, `/delete-content/${message.id}/all/`, undefined, [302], cookieOf(ali)]],
    roomsDelete: () => [[302, null, '/delete-content/999999/all/', '', [302], forms.ali]],
    roomsDownload: async () => {
        const id = (await ali.say(room, 'documented', { files: [await file()] })).id;
        return [[200, null, `/download/${id}/`, undefined, [200], cookieOf(ali)], [404, null, '/download/999999/', undefined, [404], cookieOf(ali)]];
    },
    receiptsRegister: () => [[200, null, '/register', { name: 'x', email: 'documented@example.com', password }], [400, null, '/register', { name: 'x', email: 'Documented@example.com', password }],
        [422, null, '/register', { name: 'x' }]],
    receiptsToken: () => [[200, null, '/token', 'username=vali&password=correct+horse+battery', undefined, inUrl], [400, null, '/token', 'username=vali&password=x', undefined, inUrl],
        [422, null, '/token', 'username=vali', undefined, inUrl]],
    receiptsCreateChat: () => [[200, ali, '/chats', { name: 'x', chat_type: 'group' }], [401, null, '/chats', { name: 'x', chat_type: 'group' }], [422, ali, '/chats', {}]],
    receiptsAddMember: () => [[200, ali, `/chats/${room.id}/members?user_id=${vali.id}`], [200, ali, `/chats/999999/members?user_id=${vali.id}`],
        [403, vali, `/chats/${room.id}/members?user_id=${ali.id}`], [422, ali, `/chats/${room.id}/members`]],
    receiptsListMembers: () => [[200, ali, `/chats/${room.id}/members`], [200, ali, '/chats/999999/members'], [401, null, `/chats/${room.id}/members`]],
    receiptsHistory: () => [[200, ali, `/history/${room.id}?limit=10`], [401, null, `/history/${room.id}`], [422, ali, '/history/x']],
    receiptsRead: () => [[200, vali, `/message/read/${message.id}`], [200, vali, '/message/read/999999'], [401, null, `/message/read/${message.id}`], [422, vali, '/message/read/x']],
    getHealth: () => [[200, null, '/health']],
    getMetrics: () => [[200, null, '/metrics']],
};

for (const { id, method, path, operation } of operations) {
    test(`${method} ${path} answers as documented`, async () => {
        assert.ok(calls[id], `nobody calls ${id}`);
        for (const [wanted, who, where, body, or = [wanted], headers] of await calls[id]()) {
            const answer = await new Api(server.url, who?.token).call(method, where, body, headers);
            assert.ok(or.includes(answer.status), `${method} ${where} ${JSON.stringify(body)}: ${answer.status}, not ${wanted}: ${answer.text}`);
            assert.equal(judge(operation, answer), null, `${method} ${where}`);
        }
        const open = (operation.security ?? document.security).length === 0;
        if (!open) {
            const [, , where, body, , headers] = (await calls[id]())[0];
            const byForm = Boolean(operation.security?.[0]?.rooms);
            const stranger = await new Api(server.url).call(method, where, body, byForm ? urlencoded : headers);
            if (id !== 'openGateway') assert.equal(stranger.status, byForm ? (method === 'GET' ? 302 : 403) : 401, `${method} ${where} without a token`);
            assert.equal(judge(operation, stranger), null);
        }
    });
}

test('the gateway switches protocols', async () => {
    const ws = await RawWebSocket.open(server, `/api/v1/gateway?token=${ali.token}`);
    assert.match(ws.head, /^HTTP\/1\.1 101/);
    ws.destroy();
});

test('other methods on documented paths are 405 with Allow', async () => {
    const fill = (path) => path.replace('{room}', room.id).replace('{account}', vali.id).replace('{id}', message.id).replace('{emoji}', 'x').replace('{code}', 'x').replace('{file}', 1).replace('{token}', 'x').replace('{bot}', vali.id).replace('{message}', message.id).replace('{type}', 'all').replace('{report}', 1);
    for (const path of Object.keys(document.paths)) {
        const known = operations.filter((o) => o.path === path).map((o) => o.method);
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
            if (known.includes(method)) continue;
            const answer = await new Api(server.url, ali.token).call(method, fill(path), method === 'GET' ? undefined : {});
            if (answer.status === 404 && method === 'GET' && path === '/api/v1/sessions/{id}') continue;
            if (/^\/api\/(chats|messages|status)/.test(path)) {
                assert.ok([400, 404].includes(answer.status), `${method} ${path}: the old desk knows only routes: ${answer.status}`);
                continue;
            }
            assert.equal(answer.status, 405, `${method} ${path}: ${answer.status} ${answer.text}`);
            const allowed = (answer.headers.get('allow') ?? '').split(/, */);
            for (const m of known) assert.ok(allowed.includes(m), `${method} ${path}: Allow: ${allowed}`);
        }
    }
});

test('what is not documented is not there', async () => {
    const api = new Api(server.url, ali.token);
    for (const path of ['/api/v1', '/api/v1/', '/api/v1/nothing', '/api/v1/rooms/x/messages', '/api/v1/rooms/1/messages/2/3', '/api/v2/me', '/api/v1/me/', '/api/v1//me']) {
        const answer = await api.call('GET', path);
        assert.equal(answer.status, 404, `${path}: ${answer.status}`);
        assert.match(answer.headers.get('content-type'), /json/, path);
    }
});

test('the server serves this document, and pages that show it without any other server', async () => {
    const api = new Api(server.url);
    const served = await api.call('GET', '/openapi.json');
    assert.equal(served.status, 200);
    assert.deepEqual(served.body, JSON.parse(JSON.stringify(document)));
    for (const path of ['/docs', '/redoc']) {
        const page = await api.call('GET', path);
        assert.equal(page.status, 200, path);
        assert.match(page.headers.get('content-type'), /^text\/html/);
        assert.doesNotMatch(page.text, /(src|href)="(https?:)?\/\//, `${path} asks another server`);
    }
});
