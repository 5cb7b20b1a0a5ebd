"""The rich text editor's set-up (CKEditor 4 by django-ckeditor), in one place.

CKEditor 4.22 gets no more fixes, so safety never rests on it: whatever it sends goes through
`blog.sanitizer`. These settings only take away what we would throw out anyway. In the
allowed-content string attributes may only end a rule, or the whole toolbar greys out.
"""

REMOVED_PLUGINS = (
    "wysiwygarea,about,exportpdf,flash,forms,iframe,image,newpage,preview,print,save,scayt,wsc,"
    "smiley,sourcearea,templates,docprops,div,bidi,font,colorbutton,colordialog,language,"
    "pagebreak,stylescombo,stylesheetparser,elementspath"
)

CKEDITOR_CONFIGS = {
    "default": {
        "versionCheck": False,
        "extraPlugins": "divarea,image2,autogrow",
        "removePlugins": REMOVED_PLUGINS,
        "toolbar": "article",
        "toolbar_article": [
            ["Format", "Bold", "Italic", "RemoveFormat"],
            ["Link", "Unlink", "Anchor"],
            ["BulletedList", "NumberedList", "Blockquote"],
            ["Image", "Table", "HorizontalRule", "SpecialChar"],
            ["PasteText", "PasteFromWord"],
            ["Find", "Undo", "Redo", "Maximize"],
        ],
        "format_tags": "p;h2;h3;h4;pre",
        "allowedContent": (
            "p h2 h3 h4 pre strong em s u sub sup code mark br hr;"
            "ul ol li blockquote figcaption caption thead tbody tfoot tr;"
            "figure(*); table; th td[colspan,rowspan,scope];"
            "a[!href,title,id,name]; img(*)[!src,alt,width,height]"
        ),
        "disallowedContent": "script; *[on*]; *{*}",
        "filebrowserUploadUrl": "",
        "filebrowserImageUploadUrl": "/admin/blog/image/upload/",
        "filebrowserUploadMethod": "xhr",
        "image2_altRequired": True,
        "image2_disableResizer": True,
        "disableNativeSpellChecker": False,
        "forcePasteAsPlainText": False,
        "pasteFromWordRemoveFontStyles": True,
        "height": 480,
        "autoGrow_minHeight": 480,
        "autoGrow_bottomSpace": 40,
        "width": "100%",
        "skin": "moono-lisa",
        "entities": False,
        "basicEntities": True,
    }
}
