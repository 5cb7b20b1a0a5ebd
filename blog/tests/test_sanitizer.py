"""Whatever is stored as HTML is harmless, keeps what an editor means, and stays as it is."""

import random
import re
from html.parser import HTMLParser

import pytest

from blog.sanitizer import ATTRIBUTES, SCHEMES, TAGS, sanitize

# Known classes of attack, each in our own words.
ATTACKS = [
    # script elements, whole, broken, nested and hidden
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<script/src=data:,alert(1)>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1);//<</script>",
    "<script\x0c>alert(1)</script>",
    "<script>alert(1)",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<p><script type=module>import('/x')</script></p>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<!doctype html><script>alert(1)</script>",
    # handlers
    "<img src=x onerror=alert(1)>",
    "<img src='/a.png' OnLoAd=alert(1)>",
    '<img src="/a.png"onerror="alert(1)">',
    "<img/src=/a.png/onerror=alert(1)>",
    "<p onclick=alert(1)>x</p>",
    "<p onmouseover='alert(1)' onfocus=alert(1) tabindex=1 autofocus>x</p>",
    "<body onload=alert(1)>x</body>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video autoplay onloadstart=alert(1)><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)></audio>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<a href=/ onpointerenter=alert(1)>x</a>",
    "<table onanimationstart=alert(1) style='animation:x 1s'><tr><td>x</table>",
    # addresses that run
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=JaVaScRiPt:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='&#x6A&#x61vascript&colon;alert(1)'>x</a>",
    "<a href='javascript&#0000058alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='blob:https://site.example/1'>x</a>",
    "<a href='filesystem:https://site.example/1'>x</a>",
    "<a href='view-source:javascript:alert(1)'>x</a>",
    "<img src='javascript:alert(1)'>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<img src='data:text/html;base64,PHNjcmlwdD4='>",
    "<img lowsrc='javascript:alert(1)' dynsrc='javascript:alert(1)'>",
    "<img srcset='javascript:alert(1) 1x, data:, 2x' src='/a.png'>",
    "<picture><source srcset='https://evil.example/x'><img src='/a.png'></picture>",
    "<blockquote cite='javascript:alert(1)'>x</blockquote>",
    "<del cite='javascript:alert(1)'>x</del>",
    "<table background='javascript:alert(1)'><tr><td background='javascript:alert(1)'>x</table>",
    "<a href=/ ping='https://evil.example/'>x</a>",
    # other elements that act
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'><param name=src value=x></object>",
    "<embed src='data:text/html,x'>",
    "<applet code=x></applet>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<form action='https://evil.example/'><input name=password><button>Log in</button></form>",
    "<button formaction='javascript:alert(1)' form=x>x</button>",
    "<input type=image src=x onerror=alert(1)>",
    "<isindex action='javascript:alert(1)' type=image>",
    "<textarea autofocus onfocus=alert(1)></textarea>",
    "<select autofocus onfocus=alert(1)><option>x</select>",
    "<keygen autofocus onfocus=alert(1)>",
    "<portal src='https://evil.example/'></portal>",
    "<template><script>alert(1)</script></template>",
    "<template shadowrootmode=open><script>alert(1)</script></template>",
    "<slot onslotchange=alert(1)></slot>",
    # style
    "<style>@import 'https://evil.example/x.css'</style>",
    "<style><img src='</style><img src=x onerror=alert(1)>'></style>",
    "<p style='background:url(https://evil.example/x)'>x</p>",
    "<p style='position:fixed;inset:0'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<p style=\"-moz-binding:url('x.xml#y')\">x</p>",
    # foreign content and mutation
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=9>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<svg><foreignObject><iframe src='javascript:alert(1)'></foreignObject></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<svg><desc><noscript></desc><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<math><maction actiontype=statusline xlink:href='javascript:alert(1)'>x</maction></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>",
    "<math><annotation-xml encoding='text/html'><style><img src=x onerror=alert(1)></style></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<noembed><img src=x onerror=alert(1)></noembed>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<title><a title='</title><img src=x onerror=alert(1)>'></title>",
    "<textarea><a title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<a title='--!><img src=x onerror=alert(1)>'><!-- x",
    "<p title='`-alert(1)-`'>x</p>",
    "<img src='/a.png' alt='x\" onerror=\"alert(1)'>",
    "<img src='/a.png' alt='></p><script>alert(1)</script>'>",
    "<a href='/' title='\"><script>alert(1)</script>'>x</a>",
    "<table><td><a href='/'><table><td><style><img src=x onerror=alert(1)>",
    "<select><template><style><!--</style><a rel='--></style></template></select><img onerror=1>'>",
    "<custom-element is=x onconnected=alert(1)>x</custom-element>",
    "<image src='data:,x' onerror=alert(1)>",
    "<frameset onload=alert(1)><frame src='javascript:alert(1)'></frameset>",
    "%3Cscript%3Ealert(1)%3C/script%3E<p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{ constructor.constructor('alert(1)')() }}{% debug %}",
]

ADDRESSES = {"href", "src"}
SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class Inspector(HTMLParser):
    """Fails on any element, attribute or address that is not on the list."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attributes:
            allowed = ATTRIBUTES.get(tag, set()) | ATTRIBUTES["*"] | {"class"}
            assert name in allowed
            if name in ADDRESSES and (scheme := SCHEME.match(value or "")):
                assert scheme.group(1).lower() in SCHEMES

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")


def inspect(html: str) -> None:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()


def test_there_are_attacks_of_all_known_classes() -> None:
    assert len(ATTACKS) >= 60
    assert len(set(ATTACKS)) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("around", ["{}", "<p>Before {} after</p>", "<table><tr><td>{}", "<ul>{}"])
def test_an_attack_comes_out_harmless_and_settled(attack: str, around: str) -> None:
    cleaned = sanitize(around.replace("{}", attack))

    inspect(cleaned)
    assert sanitize(cleaned) == cleaned


def test_pieces_thrown_together_come_out_harmless_and_settled() -> None:
    pieces = [piece for attack in ATTACKS for piece in re.findall(r"<[^>]*>?|[^<]+", attack)]
    pieces += [
        "</p>",
        "</a>",
        "</table>",
        "<figure class=image>",
        "<figcaption>",
        "<pre>\n",
        "\xa0",
    ]
    dice = random.Random(20240710)
    for _ in range(3000):
        cleaned = sanitize("".join(dice.choices(pieces, k=dice.randint(2, 20))))
        inspect(cleaned)
        assert sanitize(cleaned) == cleaned


KEPT = [
    "<p><strong>strong</strong>, <em>slanted</em>, <s>gone</s>, H<sub>2</sub>O, 5<sup>th</sup></p>",
    "<h2>A heading</h2><h3>A smaller one</h3><h4>The smallest</h4>",
    '<ul><li>one<ul><li>inner</li></ul></li></ul><ol start="3"><li>three</li></ol>',
    "<blockquote><p>Said.</p></blockquote><hr><pre>a\n  b</pre>",
    '<p><a href="https://example.org/a?b=1&amp;c=2" title="There">there</a></p>',
    '<p><a href="mailto:a@example.org">mail</a>, <a href="tel:+4930123">call</a></p>',
    '<p><a href="/ask/">ask</a></p>',
    '<img src="/media/pictures/a.jpg" alt="A desk" width="800" height="450">',
    '<figure class="image"><img src="/media/a.jpg" alt="A desk" width="800" height="450">'
    "<figcaption>A desk, seen from <em>above</em></figcaption></figure>",
    '<figure class="pull-quote"><blockquote>Ask.</blockquote></figure>',
    '<table><caption>Offers</caption><thead><tr><th scope="col">Who</th><th>Pay</th></tr></thead>'
    '<tbody><tr><td colspan="2" rowspan="1">Nobody</td></tr></tbody>'
    "<tfoot><tr><td>0</td></tr></tfoot></table>",
    '<p lang="de" dir="ltr">Vorstellungsgespräch</p>',
    "<p>soft\u00adhyphen, zero\u200bwidth, no&nbsp;break, “curly”, emoji 👩\u200d💻, עברית</p>",
    '<h2 id="text-costs">Costs</h2><p><a href="#text-costs">see the costs</a></p>',
    "<dl><dt>CV</dt><dd>A resume.</dd></dl>",
    "<p>{{ 7|add:7 }} {% debug %}</p>",
]


@pytest.mark.parametrize("html", KEPT)
def test_what_an_editor_means_is_kept_to_the_letter(html: str) -> None:
    assert sanitize(html) == html


def test_a_script_leaves_nothing_of_its_code_in_the_text() -> None:
    assert sanitize("<p>a<script>steal()</script>b</p><style>p{}</style>") == "<p>ab</p>"


def test_unknown_elements_go_and_their_words_stay() -> None:
    assert sanitize("<p><font color=red>red</font> <blink>b</blink></p>") == "<p>red b</p>"


@pytest.mark.parametrize(
    "source",
    [
        "//evil.example/a.png",
        "/\\evil.example/a.png",
        "/\t/evil.example/a.png",
        "file:///C:/a.png",
        "a.png",
        "",
    ],
)
def test_a_picture_without_a_home_goes(source: str) -> None:
    assert sanitize(f'<p>x<img src="{source}" alt="y"></p>') == "<p>x</p>"


def test_a_picture_of_another_site_becomes_a_link_to_it() -> None:
    html = '<p><img src="https://other.example/a.png?x=1&amp;y" alt="A &lt;b&gt; chart"></p>'
    link = '<p><a href="https://other.example/a.png?x=1&amp;y">A &lt;b&gt; chart</a></p>'
    assert sanitize(html) == link


def test_a_linked_picture_of_another_site_does_not_nest_links() -> None:
    cleaned = sanitize('<a href="/x"><img src="https://other.example/a.png"></a>')
    assert cleaned == '<a href="/x"></a><a href="https://other.example/a.png">Picture</a>'


def test_an_own_picture_with_its_whole_address_is_kept_by_its_path(settings: object) -> None:
    settings.SITE_URL = "https://jobs.example"
    html = '<img src="https://jobs.example/media/a.jpg" alt="x">'
    assert sanitize(html) == '<img src="/media/a.jpg" alt="x">'


def test_ids_cannot_take_the_place_of_the_pages_own() -> None:
    html = '<h2 id="email">Mail</h2><a href="#email">up</a><p id="a b">x</p><p id="1">y</p>'
    assert sanitize(html) == (
        '<h2 id="text-email">Mail</h2><a href="#text-email">up</a><p>x</p><p id="text-1">y</p>'
    )


def test_only_sober_numbers_are_sizes() -> None:
    html = (
        '<img src="/a.png" alt="" width="100%" height="٣"><table><tbody><tr><td colspan="999999">'
    )
    assert "width" not in sanitize(html)
    assert "height" not in sanitize(html)
    assert "colspan" not in sanitize(html)


def test_a_long_hostile_text_is_answered_soon() -> None:
    for piece in (
        "<",
        "<p>",
        "<a href='",
        "<!--",
        "&",
        "<table><td>",
        "<img src=https://e.example/>",
    ):
        sanitize(piece * 20_000)
