"""The rich text editor's set-up (CKEditor 4 by django-ckeditor), in one place.

CKEditor 4.22 gets no more fixes, so safety never rests on it: whatever it sends goes through
`blog.sanitizer`. These settings only take away what we would throw out anyway; `blog.checks`
fails when one of them is lost. In the allowed-content string attributes may only end a rule, or
the whole toolbar greys out.
"""

REMOVED_PLUGINS = (
    "wysiwygarea,about,exportpdf,flash,forms,iframe,image,newpage,preview,print,save,scayt,wsc,"
    "smiley,sourcearea,templates,docprops,div,bidi,font,colorbutton,colordialog,language,"
    "pagebreak,stylescombo,stylesheetparser,elementspath"
)
PICTURE_UPLOAD_URL = "/admin/blog/image/upload/"

CKEDITOR_CONFIGS = {
    "default": {
        "versionCheck": False,
        "extraPlugins": "divarea,image2",
        # Its upload form is an inline script in a frame; static/editor.js has a plain one instead.
        "removePlugins": f"{REMOVED_PLUGINS},filebrowser,resize,maximize,find",
        "toolbar": "article",
        "toolbar_article": [
            ["Format", "Bold", "Italic", "Link", "Unlink"],
            ["BulletedList", "NumberedList", "Blockquote"],
            ["Image", "Table", "HorizontalRule", "SpecialChar"],
            ["Undo", "Redo", "RemoveFormat"],
        ],
        "format_tags": "p;h2;h3;h4;pre",
        "allowedContent": (
            "p h2 h3 h4 h5 h6 pre strong em s u sub sup code kbd mark small br hr cite q del ins;"
            "ul li dl dt dd blockquote figcaption caption thead tbody tfoot tr; ol[start,reversed];"
            "figure(image,pull-quote,align-left,align-right); table; abbr[title]; time[datetime];"
            "th[colspan,rowspan,scope]; td[colspan,rowspan]; a[!href,title];"
            "img[!src,alt,width,height,data-widget,data-cke-upload-id]; *[id,lang,dir]"
        ),
        "disallowedContent": "script; *[on*]; *{*}",
        "imageUploadUrl": PICTURE_UPLOAD_URL,
        "clipboard_handleImages": False,  # pasted pictures are uploaded like chosen ones
        "image2_disableResizer": True,
        "disableNativeSpellChecker": False,
        "title": "The article\u2019s text",
        "height": 480,
        "width": "auto",
        "skin": "moono-lisa",
        "entities": False,
    }
}
