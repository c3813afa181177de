"""The names under which Takeout puts the JSON of a file, as people have met them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.extract.sidecars.takeout_names import EDITED, names

#: Names of media files and of their JSON in real exports.
MET = [
    # before 2024
    ("PXL_20211013_220651983.jpg", "PXL_20211013_220651983.jpg.json"),
    ("IMG20210211125718-edited.jpg", "IMG20210211125718.jpg.json"),
    ("PXL_20220405_090123740.PORTRAIT-modifié.jpg", "PXL_20220405_090123740.PORTRAIT.jpg.json"),
    ("PXL_20220405_090123740.PORTRAIT-modifie\u0301.jpg", "PXL_20220405_090123740.PORTRAIT.jpg.json"),
    ("IMG-20150125-WA0003-ha editado.jpg", "IMG-20150125-WA0003.jpg.json"),
    ("DSC_0101(1).JPG", "DSC_0101.JPG(1).json"),
    ("IMG2021021(4455)74722(1).jpg", "IMG2021021(4455)74722.jpg(1).json"),
    ("IMG2021021.json74722(1).jpg", "IMG2021021.json74722.jpg(1).json"),
    ("PXL_20210102_221126856.MP~2.jpg", "PXL_20210102_221126856.MP~2.jpg.json"),
    ("Urlaub in Knaufspesch in der Schneifel (38).JPG", "Urlaub in Knaufspesch in der Schneifel (38).JP.json"),
    ("21345678901234567890123456789012345678901234567.png", "2134567890123456789012345678901234567890123456.json"),
    ("PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg", "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN.json"),
    ("05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jpg", "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jp.json"),
    ("original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P.jpg", "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json"),
    (
        "Backyard_ceremony_wedding_photography_xxxxxxx_m(494).jpg",
        "Backyard_ceremony_wedding_photography_xxxxxxx_(494).json",
    ),
    ("13039_327707840323_537645323_9470255_27214_n(1).jpg", "13039_327707840323_537645323_9470255_27214_n.j(1).json"),
    ("😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋😛.jpg", "😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋.json"),
    # since
    ("20161105_170829.jpg", "20161105_170829.jpg.supplemental-metadata.json"),
    ("IMG_1159.HEIC", "IMG_1159.HEIC.supplemental-metadata.json"),
    ("MVIMG_20191230_232926.jpg", "MVIMG_20191230_232926.jpg.supplemental-metadat.json"),
    ("MVIMG_20200207_134534~2.jpg", "MVIMG_20200207_134534~2.jpg.supplemental-metad.json"),
    ("Screenshot_20200301-161151.png", "Screenshot_20200301-161151.png.supplemental-me.json"),
    ("2021-08-08T15_36_24+02_00.JPEG", "2021-08-08T15_36_24+02_00.JPEG.supplemental-me.json"),
    ("PXL_20241231_151646544.MP.jpg", "PXL_20241231_151646544.MP.jpg.supplemental-met.json"),
    ("Screenshot_2017-07-05-10-05-26.png", "Screenshot_2017-07-05-10-05-26.png.supplementa.json"),
    ("Screenshot_20241227_105539_Edge.jpg", "Screenshot_20241227_105539_Edge.jpg.supplement.json"),
    ("Screenshot_20231027_123303_Facebook.jpg", "Screenshot_20231027_123303_Facebook.jpg.supple.json"),
    ("D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg", "D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg.supp.json"),
    ("PXL_20240506_142610305.LONG_EXPOSURE-01.COVER.jpg", "PXL_20240506_142610305.LONG_EXPOSURE-01.COVER..json"),
    ("PXL_20211120_223243932.MOTION-02.ORIGINAL.jpg", "PXL_20211120_223243932.MOTION-02.ORIGINAL.jpg..json"),
    ("Screenshot_2024-08-31-00-53-48-647_com.snapchat.jpg", "Screenshot_2024-08-31-00-53-48-647_com.snapcha.json"),
    ("Screenshot_20220207_102421_com.snapchat.android.jpg", "Screenshot_20220207_102421_com.snapchat.androi.json"),
    ("Scan35(1).jpg", "Scan35.jpg.supplemental-metadata(1).json"),
    ("CLIP0001(10).AVI", "CLIP0001.AVI.supplemental-metadata(10).json"),
    ("Negative0-36-35(1)(1).jpg", "Negative0-36-35(1).jpg.supplemental-metadata(1).json"),
    ("PXL_20240827_094331806.PORTRAIT(1).jpg", "PXL_20240827_094331806.PORTRAIT.jpg.supplement(1).json"),
    ("Screenshot_20231027_123303_Facebook(1).jpg", "Screenshot_20231027_123303_Facebook.jpg.supple(1).json"),
    ("skytree (2).jpg", "skytree (2).jpg.supplemental-metadata.json"),
    ("IMAG0061-edited.JPG", "IMAG0061.JPG.supplemental-metadata.json"),
    ("IMG-20230325-WA0122~2-edited.jpg", "IMG-20230325-WA0122~2.jpg.supplemental-metadat.json"),
    ("Screenshot_20231027_123303_Facebook-edited.jpg", "Screenshot_20231027_123303_Facebook.jpg.supple.json"),
    ("20220322_205147-edited(1).jpg", "20220322_205147.jpg.supplemental-metadata(1).json"),
    ("IMG_20120216_094016-edited(1).jpg", "IMG_20120216_094016.jpg.supplemental-metadata.json"),
    # uploaded without an ending
    ("Peanut Butter Balls.jpg", "Peanut Butter Balls.supplemental-metadata.json"),
    ("2013-12-23(1).jpg", "2013-12-23.supplemental-metadata(1).json"),
    ("2234089303984509579-edited.jpg", "2234089303984509579.supplemental-metadata.json"),
]


@pytest.mark.parametrize(("media", "json"), MET, ids=[media for media, _ in MET])
def test_names_met_in_exports(media: str, json: str) -> None:
    assert json in names(media)


@pytest.mark.parametrize(
    ("media", "json"),
    [
        ("PXL_20211013_220651958.jpg", "PXL_20211013_220651983.jpg.json"),
        ("DSC_0102(1).JPG", "DSC_0102.JPG(2).json"),
        ("DSC_0103.JPG", "DSC_0103.JPG(1).json"),
        ("DSC_0104(1).JPG", "DSC_0104.JPG.json"),
        ("DSC_0104(1).JPG", "DSC_0104.JPG.supplemental-metadata.json"),
        (
            "Backyard_ceremony_wedding_photography_xxxxxxx_m(185).jpg",
            "Backyard_ceremony_wedding_photography_xxxxxxx_(494).json",
        ),
        ("-edited.jpg", ".jpg.json"),
    ],
)
def test_names_of_other_files(media: str, json: str) -> None:
    assert json not in names(media)


def test_a_file_s_own_json_comes_before_that_of_its_original() -> None:
    found = names("a-edited.jpg")
    assert found.index("a-edited.jpg.supplemental-metadata.json") < found.index("a.jpg.supplemental-metadata.json")
    numbered = names("a-edited(1).jpg")
    assert numbered.index("a.jpg.supplemental-metadata(1).json") < numbered.index("a.jpg.supplemental-metadata.json")


@given(st.text(min_size=1, max_size=80), st.sampled_from(["", ".jpg", "(3).jpg", *(f"{mark}.png" for mark in EDITED)]))
def test_few_short_names_each_once_whatever_the_file_is_called(stem: str, ending: str) -> None:
    found = names(stem + ending)
    assert 0 < len(found) <= 20
    assert len(set(found)) == len(found)
    assert all(name.endswith(".json") for name in found)
    assert all(len(name.encode("utf-16-le", "surrogatepass")) <= 2 * (51 + len("(1234)")) for name in found)


def test_a_pair_that_the_limit_cuts_is_left_out_whole() -> None:
    assert "a" * 45 + ".json" in names("a" * 45 + "😀.jpg")
    assert "\udce9" * 46 + ".json" in names("\udce9" * 60 + ".jpg")
