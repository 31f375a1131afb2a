"""The words by which people name media in prompts, and those that make a number beside one mean something else."""

from __future__ import annotations

from collections.abc import Mapping

from seedspec.catalog.slot import Kind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NAMES: Mapping[str, Kind] = {
    "image": "image", "images": "image", "video": "video", "videos": "video", "audio": "audio", "audios": "audio",
}  # fmt: skip
"""What models and their guides call media: with a number behind it, such a word is a mention."""

OTHER_NAMES: Mapping[str, Kind] = {
    **dict.fromkeys(
        ("img", "imgs", "picture", "pictures", "photo", "photos", "pic", "pics", "photograph", "photographs"), "image"
    ),
    **dict.fromkeys(("vid", "vids"), "video"),
}
"""Words that are prose as often: `Picture 3 friends in a boat.`"""

FOREIGN_NAMES: Mapping[str, Kind] = {
    **dict.fromkeys(("imagen", "imágenes", "imagem", "imagens", "foto", "fotos", "bild", "bilder", "bildern"), "image"),
    **dict.fromkeys(("vídeo", "vídeos", "vidéo", "vidéos"), "video"),
}

CJK_NAMES: Mapping[str, Kind] = {
    **dict.fromkeys(("图片", "图像", "图", "照片", "圖片", "圖像", "圖", "画像", "写真", "イメージ"), "image"),
    **dict.fromkeys(("이미지", "사진"), "image"),
    **dict.fromkeys(("视频", "視頻", "影片", "動画", "ビデオ", "비디오", "영상"), "video"),
    **dict.fromkeys(("音频", "音頻", "音訊", "语音", "語音", "音声", "オーディオ", "오디오"), "audio"),
}
STEMS = ("imag", "imá", "img", "pic", "photo", "foto", "bild", "vid", "víd", "audio")
CJK_STEMS = ("图", "圖", "照片", "画像", "写真", "イメージ", "이미지", "사진", "视频", "視頻", "影片", "動画", "ビデオ",
             "비디오", "영상", "音频", "音頻", "音訊", "语音", "語音", "音声", "オーディオ", "오디오")  # fmt: skip
"""A text without any of these names no medium; looking for them is fast."""

NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
}  # fmt: skip
CJK_NUMBERS = {c: n for n, c in enumerate("一二三四五六七八九十", 1)}

UNITS = (
    "s|secs?|seconds?|segundos?|sekunden?|min|mins|minutes?|minutos?|minuten?|h|hrs?|hours?|days?|weeks?|months?"
    "|years?|ms|k|fps|hz|khz|kbps|mbps|db|lufs|bpm|bits?|bytes?|kb|mb|gb|mp|megapixels?|dpi|ppi|px|pixels?|p|x|mm|cm"
    "|m|meters?|metres?|km|inch|inches|ft|feet|foot|times|frames?|people|persons?|personas?|personen?|men|women"
    "|children|million|thousand|hundred|dozen|percent|degrees?|o'clock|am|pm|channels?|tracks?|stops?"
)
"""What is counted or measured: `video 24 fps`, `picture 2 people`."""

CJK_UNITS = (
    "秒|分钟|分鐘|小时|小時|个|個|张(?![开開])|張|段|帧|幀|条|條|幅|次|倍|位|名|枚|本|つ|人(?![物像脸臉形的])"
    + "|岁|歲|像素|寸|英寸|厘米|米(?!色)|公里|比[0-9]|分屏|宫格|宮格|格漫|[kK]?[hH]z|개|장|초|명"
)

AFTER_ONE = (
    "[样樣起直致定些个個张張段条條次般切边邊旦共开開律下点點时時乐樂会會体體应應概同种種幅帧幀部份位声聲贯貫路眼瞬道层層片闪"
    "閃气氣向再经經味秒分年天对對双雙组組套半遍旁侧側角抹束丝絲群家阵陣股只隻头頭手身脸臉旦刻系行例模番望级級流维維]"
)
AFTER_MORE = (
    "[颜顏光彩宫宮"
    + "维維值周角张張个個段条條次种種位名倍年月天秒层層处處面色边邊分点點幅帧幀人代大小只隻方千百万萬肢两兩季]"
)
"""Behind a Chinese numeral: `图片一样`, `视频三维`."""

LEADS_TO = _words("in of from as with to on like by and or at into use using match copy follow keep")
"""Words that lead to a name, where a noun would have an article: `the woman in image 1 walks`."""

BEFORE_MEDIUM = frozenset("在从從把将將和与與以用按照如为為是的让讓由及或对對据據持考给給到向同像见見跟材入")
"""Characters that end a word before 图; behind another one it may be part of a longer word."""

BEFORE_TU = frozenset("地视視构構意企版蓝藍略贪貪力宏拼星绘繪画畫试試海雄鸿看示草附挂掛")
"""With one of these before it, 图 is the end of a word that is no medium: 地图, 构图, 意图."""

DETERMINERS = _words(
    "a an the this that these those each every any our my your his her its their one another single final whole entire "
    "el la los las un una le les der die das dem den des ein eine einem im am o os as um uma no na"
)
GOES_ON = _words(
    "of in on at as is are was were be and or to for with from by into onto over under behind before after near if so "
    "should must will can could may might but while when where who that which then than the a an his her their its "
    "only exactly throughout here above below respectively both together has have had does do not using shows show "
    "contains depicts defines provides sets serves gives represents features appears remains stays becomes illustrates "
    "reference character style background scene motion camera face frame outfit voice music product "
    "y e o en con como de del al es son para por sin muestra que se und oder mit von in als wie ist sind zeigt für auf "
    "et ou dans avec comme est sont pour à du des sur montre com sem mostra é são"
)
"""Words that follow a medium and not a count: `the character from the image 2 is here`."""
COUNTED = _words("people men women children feet teeth mice geese sheep fish friends")
