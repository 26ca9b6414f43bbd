"""Which names hold an address of the web, and which only look like one."""

import pytest

from careops.core.identity import InvalidName, NameHoldsWebAddress, normal_name, readable_name

REAL = """
    St.Martin|Dr.Who|J.R.R. Tolkien|A.B. Co.|A.B.Co.|Dr.Li|Dr.med.dent. Müller|Dr.med.Li|Schmidt GmbH & Co.KG
    Smile Co.Ltd.|Care Pvt.Ltd.|Anna-Lena v.d. Berg|J.Ma|M.Sc. Anna|Anna Bell M.D.|Anna Bell,MD|Sonrisa S.A.de C.V.
    Joh.de Boer|Chr.de Jong|O'Neil|St.John|Mt.Sinai Clinic|Dipl.-Ing.Ma|Denti S.p.A.|No.1 Dental|Harbour Dental 24/7
    U.S. Dental|Nguyễn Văn A.|Prof.Dr.Dr.h.c. Maier|Ma.Fe Santos|{{ link }} <b>O'Neil & Sons</b>|Smith: Anna
    1.FC Köln|Praxis am 1.Mai|山田。太郎|Иван И.И.|L.L.C.|T.J. Max|Dr.Law|St.Moritz|Visitor 1.2|Herzen e.V.|Dr. Net
    Bell.Anna|Visit https|www|Wwwanda|Data: Anna|مريم|Jean-Luc Du Pont|D'Angelo Jr.|Anna (Mrs.)
"""
ADDRESSES = """
    https://evil.example|evil.example|evil.com|www.evil|EVIL.COM|evil。com|ｅｖｉｌ．ｃｏｍ|unlock at evil.co.uk now
    x.com|t.me/evil|dr.li/x|bit.ly/a|a@evil.com|mailto:x|javascript:alert(1)|http://1.2.3.4|1.2.3.4|evil.tk.|(evil.ru)
    evil.xn--p1ai|сайт.рф|evil.click!|zahnarzt24.de|pay-now.support|foo.bar.link|HTTPS ://evil|dr.com|evil.com:8080
    "evil.net"|hxxp://evil|ftp://evil|evil.\u200bcom|ev\u00adil.com|Your account is locked. Unlock it at https://evil.example
"""


def listed(text: str) -> list[str]:
    return [name.strip() for line in text.strip().splitlines() for name in line.split("|")]


@pytest.mark.parametrize("name", listed(REAL))
def test_a_real_name_stays_as_it_is(name: str) -> None:
    assert (normal_name(name), readable_name(name)) == (name, name)


@pytest.mark.parametrize("name", listed(ADDRESSES))
def test_a_name_with_an_address_is_refused_and_a_name_from_outside_loses_it(name: str) -> None:
    with pytest.raises(NameHoldsWebAddress) as refused:
        normal_name(name)
    assert (refused.value.field, refused.value.code) == ("name", "name_holds_web_address")
    assert isinstance(refused.value, InvalidName)
    assert normal_name(readable_name(name)) == readable_name(name)


def test_what_is_left_of_an_address_can_still_be_read() -> None:
    assert readable_name("Anna Bell www.evil.com") == "Anna Bell www. evil. com"
    assert readable_name("Anna https://evil.com/x") == "Anna evil. com/x"
