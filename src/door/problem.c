/* The one table from fault to status and sentence. Pure but for problem_respond, which runs on the request's loop. Texts are ours alone: what
   came from outside never enters a sentence, so an error can carry no secret back. */
#include "door/problem.h"
#include "wire/json.h"

static const int statuses[fault_count] = {
    [fault_none] = 200,        [fault_invalid] = 400,  [fault_too_large] = 413, [fault_unauthenticated] = 401, [fault_forbidden] = 403,
    [fault_not_found] = 404,   [fault_conflict] = 409, [fault_gone] = 410,      [fault_limited] = 429,         [fault_busy] = 503,
    [fault_unavailable] = 503, [fault_uncertain] = 504, [fault_internal] = 500,
};

struct sentences {
    const char *in[language_count];
};

static const struct sentences plain[fault_count] = {
    [fault_none] = { { "All is well.", "Hammasi joyida.", "Усе гаразд.", "Всё в порядке." } },
    [fault_invalid] = { { "The request is malformed.", "So'rov noto'g'ri tuzilgan.", "Запит складено неправильно.", "Запрос составлен неправильно." } },
    [fault_too_large] = { { "This is too long.", "Bu juda uzun.", "Це задовге.", "Это слишком длинное." } },
    [fault_unauthenticated] = { { "Please sign in.", "Iltimos, tizimga kiring.", "Будь ласка, увійдіть.", "Пожалуйста, войдите." } },
    [fault_forbidden] = { { "You may not do this.", "Bunga ruxsatingiz yo'q.", "Вам цього не дозволено.", "Вам это не разрешено." } },
    [fault_not_found] = { { "There is no such thing.", "Bunday narsa topilmadi.", "Такого немає.", "Такого нет." } },
    [fault_conflict] = { { "This clashes with what is there already.", "Bu mavjud ma'lumotga zid.", "Це суперечить тому, що вже є.",
                           "Это противоречит тому, что уже есть." } },
    [fault_gone] = { { "It is gone.", "U endi yo'q.", "Цього вже немає.", "Этого уже нет." } },
    [fault_limited] = { { "Too often. Please wait a little.", "Juda tez-tez. Biroz kuting.", "Занадто часто. Зачекайте трохи.",
                          "Слишком часто. Подождите немного." } },
    [fault_busy] = { { "The server is busy. Nothing was done; please try again.", "Server band. Hech narsa bajarilmadi; qayta urinib ko'ring.",
                       "Сервер зайнятий. Нічого не зроблено; спробуйте ще раз.", "Сервер занят. Ничего не сделано; попробуйте ещё раз." } },
    [fault_unavailable] = { { "The server cannot reach its data. Nothing was done; please try again.",
                              "Server ma'lumotlarga yeta olmayapti. Hech narsa bajarilmadi; qayta urinib ko'ring.",
                              "Сервер не має доступу до даних. Нічого не зроблено; спробуйте ще раз.",
                              "Серверу недоступны данные. Ничего не сделано; попробуйте ещё раз." } },
    [fault_uncertain] = { { "It may or may not have been done. Repeat it with the same key.",
                            "Bajarilgan-bajarilmagani noma'lum. O'sha kalit bilan takrorlang.",
                            "Невідомо, чи це виконано. Повторіть з тим самим ключем.",
                            "Неизвестно, выполнено ли это. Повторите с тем же ключом." } },
    [fault_internal] = { { "Something went wrong on our side.", "Bizning tomonda xatolik yuz berdi.", "У нас щось пішло не так.",
                           "У нас что-то пошло не так." } },
};

/* Where the pair (fault, detail) is one that people meet, it has words of its own. */
static const struct exact {
    enum fault fault;
    const char *detail;
    struct sentences words;
} exact[] = {
    { fault_conflict, "username", { { "This name is taken.", "Bu nom band.", "Це ім'я зайняте.", "Это имя занято." } } },
    { fault_invalid, "username", { { "This name cannot be used.", "Bu nomdan foydalanib bo'lmaydi.", "Таке ім'я не підходить.", "Такое имя не подходит." } } },
    { fault_unauthenticated, "credentials", { { "The name or the password is wrong.", "Nom yoki parol noto'g'ri.", "Неправильне ім'я або пароль.",
                                                "Неверное имя или пароль." } } },
    { fault_invalid, "password", { { "This password cannot be used.", "Bu paroldan foydalanib bo'lmaydi.", "Такий пароль не підходить.",
                                     "Такой пароль не подходит." } } },
    { fault_too_large, "password", { { "The password is longer than 72 bytes.", "Parol 72 baytdan uzun.", "Пароль довший за 72 байти.",
                                       "Пароль длиннее 72 байт." } } },
    { fault_forbidden, "password", { { "The password is wrong.", "Parol noto'g'ri.", "Неправильний пароль.", "Неверный пароль." } } },
    { fault_invalid, "new", { { "The new password cannot be used.", "Yangi paroldan foydalanib bo'lmaydi.", "Новий пароль не підходить.",
                                "Новый пароль не подходит." } } },
    { fault_too_large, "new", { { "The new password is longer than 72 bytes.", "Yangi parol 72 baytdan uzun.", "Новий пароль довший за 72 байти.",
                                  "Новый пароль длиннее 72 байт." } } },
    { fault_invalid, "email", { { "This is not an e-mail address.", "Bu elektron pochta manzili emas.", "Це не адреса електронної пошти.",
                                  "Это не адрес электронной почты." } } },
    { fault_conflict, "email", { { "Another account has this address.", "Bu manzil boshqa hisobga tegishli.", "Ця адреса належить іншому обліковому запису.",
                                   "Этот адрес принадлежит другой учётной записи." } } },
    { fault_gone, "token", { { "This link is used up or expired.", "Bu havola ishlatilgan yoki muddati o'tgan.", "Це посилання використане або прострочене.",
                               "Эта ссылка использована или истекла." } } },
    { fault_forbidden, "mail", { { "This server sends no mail. Ask your administrator for a link.", "Bu server xat yubormaydi. Havolani administratordan so'rang.",
                                   "Цей сервер не надсилає пошти. Попросіть посилання в адміністратора.",
                                   "Этот сервер не отправляет почту. Попросите ссылку у администратора." } } },
    { fault_conflict, "last_admin", { { "The last administrator stays one.", "Oxirgi administrator administratorligicha qoladi.",
                                        "Останній адміністратор лишається адміністратором.", "Последний администратор остаётся администратором." } } },
    { fault_forbidden, "site_admin", { { "Only administrators may do this.", "Buni faqat administratorlar qila oladi.", "Це можуть лише адміністратори.",
                                         "Это могут только администраторы." } } },
    { fault_forbidden, "bot", { { "A bot cannot do this.", "Bot buni qila olmaydi.", "Бот цього не може.", "Бот этого не может." } } },
    { fault_limited, "bots", { { "You have as many bots as one may have.", "Botlaringiz soni chegaraga yetdi.", "У вас уже стільки ботів, скільки дозволено.",
                                 "У вас уже столько ботов, сколько разрешено." } } },
    { fault_conflict, "report", { { "You have reported this message already.", "Bu xabar haqida allaqachon xabar bergansiz.",
                                    "Ви вже поскаржилися на це повідомлення.", "Вы уже пожаловались на это сообщение." } } },
    { fault_invalid, "name", { { "This name is too long or has characters that do not print.", "Bu nom juda uzun yoki ko'rinmas belgilari bor.",
                                 "Ця назва задовга або має недруковані символи.", "Это имя слишком длинное или содержит непечатаемые символы." } } },
    { fault_forbidden, "registration", { { "Registration is closed.", "Ro'yxatdan o'tish yopiq.", "Реєстрацію закрито.", "Регистрация закрыта." } } },
    { fault_forbidden, "invite", { { "An invitation is needed.", "Taklifnoma kerak.", "Потрібне запрошення.", "Нужно приглашение." } } },
    { fault_gone, "invite", { { "This invitation is used up or expired.", "Bu taklifnoma ishlatilgan yoki muddati o'tgan.",
                                "Це запрошення використане або прострочене.", "Это приглашение использовано или истекло." } } },
    { fault_forbidden, "origin", { { "The request came from a page that is not ours.", "So'rov begona sahifadan keldi.",
                                     "Запит надійшов з чужої сторінки.", "Запрос пришёл с чужой страницы." } } },
    { fault_conflict, "key", { { "This key was used for other content.", "Bu kalit boshqa matn uchun ishlatilgan.",
                                 "Цей ключ використано для іншого вмісту.", "Этот ключ использован для другого содержимого." } } },
    { fault_not_found, "room", { { "There is no such room.", "Bunday xona yo'q.", "Такої кімнати немає.", "Такой комнаты нет." } } },
    { fault_not_found, "message", { { "There is no such message.", "Bunday xabar yo'q.", "Такого повідомлення немає.", "Такого сообщения нет." } } },
    { fault_gone, "message", { { "The message was deleted.", "Xabar o'chirilgan.", "Повідомлення видалено.", "Сообщение удалено." } } },
    { fault_invalid, "text", { { "The text is empty or malformed.", "Matn bo'sh yoki noto'g'ri.", "Текст порожній або неправильний.",
                                 "Текст пуст или неправилен." } } },
    { fault_forbidden, "timeout", { { "You are silenced here for a while.", "Siz bu yerda vaqtincha yoza olmaysiz.", "Вас тут тимчасово заглушено.",
                                      "Вас здесь временно заглушили." } } },
    { fault_forbidden, "read_only", { { "Only moderators write here.", "Bu yerda faqat moderatorlar yozadi.", "Тут пишуть лише модератори.",
                                        "Здесь пишут только модераторы." } } },
    { fault_not_found, "hook", { { "There is no such webhook.", "Bunday vebxuk yo'q.", "Такого вебхука немає.", "Такого вебхука нет." } } },
    { fault_gone, "hook", { { "This webhook may not post there any more.", "Bu vebxuk endi u yerga yoza olmaydi.", "Цей вебхук більше не може туди писати.",
                              "Этот вебхук больше не может туда писать." } } },
    { fault_too_large, "hooks", { { "This room has as many webhooks as it may have.", "Bu xonada vebxuklar soni chegaraga yetgan.",
                                    "У цій кімнаті вже найбільша кількість вебхуків.", "В этой комнате уже наибольшее число вебхуков." } } },
    { fault_invalid, "url", { { "This address cannot be called: it must begin with https://.", "Bu manzil yaroqsiz: u https:// bilan boshlanishi kerak.",
                                "Така адреса не підходить: вона має починатися з https://.", "Такой адрес не подходит: он должен начинаться с https://." } } },
    { fault_invalid, "endpoint", { { "The browser gave an address for notifications that cannot be used.", "Brauzer bergan bildirishnoma manzili yaroqsiz.",
                                     "Браузер дав непридатну адресу для сповіщень.", "Браузер дал непригодный адрес для уведомлений." } } },
    { fault_not_found, "subscription", { { "There is no such subscription.", "Bunday obuna yo'q.", "Такої підписки немає.", "Такой подписки нет." } } },
    { fault_forbidden, "banned", { { "This person is banned here.", "Bu odam bu yerdan chetlatilgan.", "Цю людину тут заблоковано.",
                                     "Этот человек здесь заблокирован." } } },
    { fault_limited, "slow_s", { { "Slow mode: wait a little before the next message.", "Sekin rejim: keyingi xabardan oldin biroz kuting.",
                                   "Повільний режим: зачекайте перед наступним повідомленням.", "Медленный режим: подождите перед следующим сообщением." } } },
    { fault_too_large, "guilds", { { "This account is in too many guilds.", "Bu hisob juda koʻp gildiyada.", "Цей обліковий запис у надто багатьох гільдіях.",
                                     "Этот аккаунт состоит в слишком многих гильдиях." } } },
    { fault_too_large, "channels", { { "The guild has too many channels.", "Gildiyada kanallar juda koʻp.", "У гільдії забагато каналів.",
                                       "В гильдии слишком много каналов." } } },
    { fault_too_large, "members", { { "There are too many members.", "Aʼzolar juda koʻp.", "Учасників забагато.", "Участников слишком много." } } },
    { fault_too_large, "invites", { { "There are too many invitations. Take some back.", "Taklifnomalar juda koʻp. Baʼzilarini bekor qiling.",
                                      "Запрошень забагато. Відкличте деякі.", "Приглашений слишком много. Отзовите некоторые." } } },
    { fault_conflict, "channels", { { "The channels have changed meanwhile. Look again.", "Kanallar shu orada oʻzgardi. Qaytadan qarang.",
                                      "Канали тим часом змінилися. Подивіться ще раз.", "Каналы тем временем изменились. Посмотрите ещё раз." } } },
    { fault_forbidden, "blocked", { { "You two do not speak: one of you has blocked the other.", "Siz gaplasha olmaysiz: biringiz ikkinchingizni bloklagan.",
                                      "Ви не можете спілкуватися: хтось із вас заблокував іншого.", "Вы не можете общаться: один из вас заблокировал другого." } } },
    { fault_too_large, "pins", { { "A room holds at most 100 pinned messages. Unpin one first.", "Xonada ko'pi bilan 100 ta qadalgan xabar bo'ladi. Avval birini yeching.",
                                   "У кімнаті може бути не більше 100 закріплених повідомлень. Спершу відкріпіть якесь.",
                                   "В комнате может быть не больше 100 закреплённых сообщений. Сначала открепите какое-нибудь." } } },
    { fault_too_large, "blocks", { { "You have blocked as many people as one can.", "Bloklash mumkin bo'lgan odamlar soniga yetdingiz.",
                                     "Ви заблокували стільки людей, скільки можна.", "Вы заблокировали столько людей, сколько можно." } } },
    { fault_conflict, "assigned", { { "Another agent has this chat.", "Bu suhbat boshqa operatorda.", "Цей чат уже в іншого оператора.", "Этот чат уже у другого оператора." } } },
    { fault_forbidden, "assigned", { { "Another agent has this chat.", "Bu suhbat boshqa operatorda.", "Цей чат уже в іншого оператора.", "Этот чат уже у другого оператора." } } },
    { fault_conflict, "locked", { { "Another agent has locked this chat.", "Bu suhbatni boshqa operator qulflagan.", "Цей чат заблокував інший оператор.",
                                    "Этот чат заблокировал другой оператор." } } },
    { fault_conflict, "closed", { { "This chat is closed.", "Bu suhbat yopilgan.", "Цей чат закрито.", "Этот чат закрыт." } } },
    { fault_forbidden, "closed", { { "This chat is closed.", "Bu suhbat yopilgan.", "Цей чат закрито.", "Этот чат закрыт." } } },
    { fault_conflict, "waiting", { { "Nobody has this chat yet.", "Bu suhbatni hali hech kim olmagan.", "Цей чат ще ніхто не взяв.", "Этот чат ещё никто не взял." } } },
    { fault_conflict, "capacity", { { "This agent has as many chats as they may have.", "Bu operatorning suhbatlari soni chegaraga yetdi.",
                                      "Цей оператор має стільки чатів, скільки дозволено.", "У этого оператора уже столько чатов, сколько разрешено." } } },
    { fault_not_found, "chat", { { "Nobody waits.", "Hech kim kutmayapti.", "Ніхто не чекає.", "Никто не ждёт." } } },
    { fault_conflict, "shortcut", { { "Another answer has this shortcut.", "Bu qisqartma boshqa javobniki.", "Таке скорочення має інша відповідь.",
                                      "Такое сокращение есть у другого ответа." } } },
    { fault_too_large, "text", { { "The message is too long.", "Xabar juda uzun.", "Повідомлення задовге.", "Сообщение слишком длинное." } } },
};

int problem_status(enum fault f)
{
    return statuses[f];
}

const char *problem_sentence(enum fault f, const char *detail, enum language language)
{
    for (size_t i = 0; detail && i < sizeof exact / sizeof *exact; i++)
        if (exact[i].fault == f && strcmp(exact[i].detail, detail) == 0) return exact[i].words.in[language];
    return plain[f].in[language];
}

void problem_fields(struct json_writer *w, const struct problem *p, enum language language)
{
    json_put_string(w, "error", span_of(fault_word(p->fault)));
    json_put_string(w, "detail", span_of(p->detail));
    json_put_string(w, "message", span_of(problem_sentence(p->fault, p->detail, language)));
    json_put_id(w, "retry_after_s", p->retry_after_s);
}

enum language request_language(const struct request *r)
{
    return accept_language(request_header(r, "accept-language"));
}

void problem_respond(struct request *r, const struct problem *p)
{
    struct buf body;
    buf_init(&body, 4096);
    struct json_writer w = json_writer(&body);
    json_begin_object(&w);
    problem_fields(&w, p, request_language(r));
    json_end_object(&w);
    if (p->retry_after_s) response_header(r, "Retry-After", arena_printf(request_arena(r), "%lld", (long long)p->retry_after_s));
    if (p->fault == fault_unauthenticated) response_header(r, "WWW-Authenticate", SPAN("Bearer"));
    response_header(r, "Cache-Control", SPAN("no-store"));
    response_header(r, "Content-Language", span_of(language_tag(request_language(r))));
    respond(r, problem_status(p->fault), "application/problem+json", buf_span(&body));
    buf_fini(&body);
}
