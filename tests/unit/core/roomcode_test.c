/* Room codes: what they are made of, and what is recognised as one. */
#include "tests/unit/test.h"

#include "lib/core/roomcode.h"

TEST(a_code_has_no_lookalikes_and_each_byte_makes_one_character)
{
    unsigned counts[128] = {0};
    char code[ROOMCODE_SIZE];

    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t random[ROOMCODE_LEN] = {(uint8_t)byte, 0, 0, 0, 0, 0};
        EXPECT(roomcode_make(random, code));
        EXPECT_INT(ROOMCODE_LEN, strlen(code));
        counts[(unsigned char)code[0]]++;
    }
    for (unsigned c = 0; c < 128; c++)
        EXPECT(counts[c] == 0 || counts[c] == 8);
    EXPECT_INT(0, counts['0'] + counts['O'] + counts['1'] + counts['I']);
}

TEST(a_code_of_digits_alone_is_not_made)
{
    uint8_t digits[ROOMCODE_LEN] = {24, 25, 26, 31, 30, 24};
    char code[ROOMCODE_SIZE];

    EXPECT_FALSE(roomcode_make(digits, code));
    digits[3] = 23;
    EXPECT(roomcode_make(digits, code));
    EXPECT_STR("234Z82", str_from_c(code));
}

TEST(a_typed_code_is_folded_to_upper_case)
{
    char code[ROOMCODE_SIZE];

    EXPECT_OK(roomcode_fold(STR("ab23cd"), code));
    EXPECT_STR("AB23CD", str_from_c(code));
    EXPECT_ERR(ERR_NO_SUCH_ROOM, roomcode_fold(STR("AB23C"), code));
    EXPECT_ERR(ERR_NO_SUCH_ROOM, roomcode_fold(STR("AB23CD7"), code));
    EXPECT_ERR(ERR_NO_SUCH_ROOM, roomcode_fold(STR("AB-3CD"), code));
    EXPECT_ERR(ERR_NO_SUCH_ROOM, roomcode_fold(STR(""), code));
}
