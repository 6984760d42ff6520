/* What our letters say, in four languages. Runs on the writing lane. Whatever a person has chosen (their name) stands in no letter, so that nobody can
   make the house write to others in their words. */
#include "chat/letter.h"
#include "chat/profile.h"
#include "chat/secret.h"

enum { token_bytes = 24 };

enum letter { letter_kind_verify, letter_kind_reset, letter_kind_password, letter_kind_email, letter_kind_count };
enum tongue { tongue_en, tongue_uz, tongue_uk, tongue_ru, tongue_count };

/* %s in a text: the link, or the house. */
static const struct {
    const char *subject, *text;
} texts[letter_kind_count][tongue_count] = {
    [letter_kind_verify] = {
        [tongue_en] = { "Please confirm your address", "Somebody gave this address for an account at %s.\nIf it was you, open this link within 7 days:\n\n%s\n\n"
                        "If it was not you, do nothing.\n" },
        [tongue_uz] = { "Manzilingizni tasdiqlang", "%s saytidagi hisob uchun shu manzil ko'rsatildi.\nBu siz bo'lsangiz, 7 kun ichida havolani oching:\n\n%s\n\n"
                        "Siz bo'lmasangiz, hech narsa qilmang.\n" },
        [tongue_uk] = { "Підтвердьте свою адресу", "Цю адресу вказано для облікового запису на %s.\nЯкщо це ви, відкрийте посилання протягом 7 днів:\n\n%s\n\n"
                        "Якщо це не ви, нічого не робіть.\n" },
        [tongue_ru] = { "Подтвердите свой адрес", "Этот адрес указан для учётной записи на %s.\nЕсли это вы, откройте ссылку в течение 7 дней:\n\n%s\n\n"
                        "Если это не вы, ничего не делайте.\n" },
    },
    [letter_kind_reset] = {
        [tongue_en] = { "A new password", "Somebody asked for a new password for your account at %s.\nOpen this link within an hour to set one:\n\n%s\n\n"
                        "If it was not you, do nothing: your password stays as it is.\n" },
        [tongue_uz] = { "Yangi parol", "%s saytidagi hisobingiz uchun yangi parol so'raldi.\nUni o'rnatish uchun bir soat ichida havolani oching:\n\n%s\n\n"
                        "Siz so'ramagan bo'lsangiz, hech narsa qilmang: parolingiz o'zgarmaydi.\n" },
        [tongue_uk] = { "Новий пароль", "Для вашого облікового запису на %s попросили новий пароль.\nЩоб задати його, відкрийте посилання протягом години:\n\n%s\n\n"
                        "Якщо це не ви, нічого не робіть: пароль залишиться тим самим.\n" },
        [tongue_ru] = { "Новый пароль", "Для вашей учётной записи на %s запросили новый пароль.\nЧтобы задать его, откройте ссылку в течение часа:\n\n%s\n\n"
                        "Если это не вы, ничего не делайте: пароль останется прежним.\n" },
    },
    [letter_kind_password] = {
        [tongue_en] = { "Your password was changed", "The password of your account at %s was changed, and all other devices were signed out.\n"
                        "If it was not you, set a new one at once: %s\n" },
        [tongue_uz] = { "Parolingiz o'zgartirildi", "%s saytidagi hisobingiz paroli o'zgartirildi, boshqa qurilmalardan chiqildi.\n"
                        "Bu siz bo'lmasangiz, darhol yangisini o'rnating: %s\n" },
        [tongue_uk] = { "Ваш пароль змінено", "Пароль вашого облікового запису на %s змінено, на інших пристроях виконано вихід.\n"
                        "Якщо це не ви, негайно задайте новий: %s\n" },
        [tongue_ru] = { "Ваш пароль изменён", "Пароль вашей учётной записи на %s изменён, на других устройствах выполнен выход.\n"
                        "Если это не вы, немедленно задайте новый: %s\n" },
    },
    [letter_kind_email] = {
        [tongue_en] = { "Your address was changed", "Your account at %s has another e-mail address now.\nIf it was not you, change your password at once: %s\n" },
        [tongue_uz] = { "Manzilingiz o'zgartirildi", "%s saytidagi hisobingizga boshqa pochta manzili biriktirildi.\n"
                        "Bu siz bo'lmasangiz, parolingizni darhol almashtiring: %s\n" },
        [tongue_uk] = { "Вашу адресу змінено", "Ваш обліковий запис на %s тепер має іншу адресу пошти.\nЯкщо це не ви, негайно змініть пароль: %s\n" },
        [tongue_ru] = { "Ваш адрес изменён", "У вашей учётной записи на %s теперь другой адрес почты.\nЕсли это не вы, немедленно смените пароль: %s\n" },
    },
};

static enum tongue tongue_of(struct span locale)
{
    if (span_starts(locale, SPAN("uz"))) return tongue_uz;
    if (span_starts(locale, SPAN("uk"))) return tongue_uk;
    return span_starts(locale, SPAN("ru")) ? tongue_ru : tongue_en;
}

/* The text with its two places filled: the house, the link. */
static struct span fill(struct ask *ask, const char *text, struct span house, struct span link)
{
    const char *first = strstr(text, "%s"), *second = strstr(first + 2, "%s");
    return arena_printf(ask->arena, SPAN_FMT SPAN_FMT SPAN_FMT SPAN_FMT "%s", (int)(first - text), text, SPAN_ARG(house),
                        (int)(second - first - 2), first + 2, SPAN_ARG(link), second + 2);
}

/* An address that our mail server cannot be given (a local part beyond ASCII) gets no letter; the administrator can hand over links. */
static enum fault send(struct ask *ask, const struct account *to, enum letter letter, struct span link)
{
    enum tongue tongue = tongue_of(to->locale);
    struct span house = ask->chat->rules->public_url;
    enum fault fault = mail_put(ask, to->email, span_of(texts[letter][tongue].subject), fill(ask, texts[letter][tongue].text, house, link));
    return fault == fault_invalid ? fault_none : fault;
}

enum fault letter_make_link(struct ask *ask, struct account_id account, enum link_kind kind, struct span email, int64_t ttl_s, struct span *link_out)
{
    struct span token = secret_make(ask->arena, token_bytes);
    const char *page = kind == link_verify ? "verify" : "reset";
    *link_out = arena_printf(ask->arena, SPAN_FMT "/#/%s/" SPAN_FMT, SPAN_ARG(ask->chat->rules->public_url), page, SPAN_ARG(token));
    return store_link_insert(ask->store, secret_hash(ask->arena, token), account, kind, email, ask->now_us, ask->now_us + ttl_s * 1000000);
}

static enum fault send_link(struct ask *ask, const struct account *to, enum letter letter, enum link_kind kind, int64_t ttl_s)
{
    struct span link;
    int64_t n_lately;
    if (!mail_is_set(ask) || !to->email.n) return fault_none;
    enum fault fault = store_link_count(ask->store, to->person.id, ask->now_us - INT64_C(3600000000), &n_lately);
    if (fault || n_lately >= LINKS_PER_HOUR_MAX) return fault;
    fault = letter_make_link(ask, to->person.id, kind, to->email, ttl_s, &link);
    return fault ? fault : send(ask, to, letter, link);
}

enum fault letter_verify(struct ask *ask, const struct account *account)
{
    return send_link(ask, account, letter_kind_verify, link_verify, LINK_VERIFY_TTL_S);
}

enum fault letter_reset(struct ask *ask, const struct account *account)
{
    return send_link(ask, account, letter_kind_reset, link_reset, LINK_RESET_TTL_S);
}

static enum fault send_word(struct ask *ask, const struct account *account, enum letter letter)
{
    if (!mail_is_set(ask) || !account->email.n || !account->email_verified) return fault_none;
    return send(ask, account, letter, ask->chat->rules->public_url);
}

enum fault letter_password_changed(struct ask *ask, const struct account *account)
{
    return send_word(ask, account, letter_kind_password);
}

enum fault letter_email_changed(struct ask *ask, const struct account *account)
{
    return send_word(ask, account, letter_kind_email);
}
