"""What descriptions of files usually say: the dictionaries that `deflated` shrinks them with.

A dictionary is never edited once released: rows out there cannot be read without it. A better one gets a number of its
own, and comes with a revision of the schema, so that an older Tallylight does not open what it cannot read.
"""

from __future__ import annotations

from typing import Final

# Zlib looks back: the nearer the end, the cheaper, so what most files have comes last. Values are those that programs
# and people write everywhere, not those of some collection.
_WORDS: Final = """\
extreme closeup, wide shot, full body, upper body, portrait of, concept art, digital painting, illustration, anime \
style, oil painting, watercolor, sketch, line art, photorealistic, photo, RAW photo, 8k uhd, 4k, hdr, dslr, bokeh, \
film grain, 35mm, depth of field, volumetric light, cinematic lighting, golden hour, soft light, rim light, sunset, \
dramatic, intricate, sharp focus, highly detailed, detailed background, trending on artstation, simple background, \
white background, looking at viewer, solo, 1girl, 1boy, long hair, blue eyes, smile, forest, mountains, valley, \
landscape, city, street, night, sky, clouds, water, ocean, masterpiece, best quality, ultra detailed, \
lowres, bad anatomy, bad hands, text, error, missing fingers, extra digit, fewer digits, cropped, worst quality, \
low quality, normal quality, jpeg artifacts, signature, watermark, username, blurry, oversaturated, deformed, ugly, \
EasyNegative, (worst quality:1.4), (low quality:1.4), nsfw, masterpiece, best quality, """

_CAMERA: Final = """\
"camera_make":"Canon","camera_model":"Canon EOS "camera_make":"NIKON CORPORATION","camera_model":"NIKON \
"camera_make":"SONY","camera_model":"ILCE-"camera_make":"FUJIFILM","camera_model":"X-T"camera_make":"samsung",\
"camera_model":"SM-"camera_make":"Google","camera_model":"Pixel "camera_make":"Apple","camera_model":"iPhone \
"lens":"iPhone back dual wide camera mm f/","exposure_time":"1/100","f_number":1.8,"iso":100,"focal_length":50.0,\
"flash":false,"orientation":1,"gps":{"latitude":,"longitude":,"altitude":},"title":"","description":"","creator":"",\
"copyright":"","label":"","created_at_certainty":"exact","created_at_certainty":"local",\
"created_at_certainty":"day"},"type":"video","format":"mov","format":"webm","format":"mp4","width":1920,"height":1080,\
"duration":,"frame_rate":30.0,"bit_rate":,"codec":"hevc","codec":"h264","codec_profile":"High","mode":"yuv420p",\
"streams":{"video":1,"audio":1},"tags":{"major_brand":"qt  ","minor_version":"512","compatible_brands":"isomiso2\
avc1mp41","encoder":"Lavf","title":"","audio_codec":"aac","frame_phashes":["nsfw_model":"","pixel_sha256":"\
"media":{"type":"image","format":"heic","format":"gif","format":"tiff","format":"avif","format":"webp","mode":\
"RGBA","has_alpha":true,"mode":"L","source":"xmp:sidecar"},"source":"xmp"},"source":"iptc"},"source":"caption"},\
"source":"takeout"},"provenance":{\
"title":{"source":"description":{"source":"creator":{"source":"gps":{"source":"exif:GPS"},\
"created_at":{"source":"exif:DateTimeOriginal"},"created_at":{"source":"exif:DateTimeDigitized"},\
"favourite":{"source":"scores:sidecar","at":17},"score":{"source":"scores:sidecar","at":17}}}"""

_GENERATION: Final = """\
"sampler":"LMS","sampler":"DDIM","sampler":"Euler","sampler":"Heun","sampler":"DPM++ SDE","sampler":"DPM++ 2M SDE",\
"sampler":"DPM++ 3M SDE","sampler":"UniPC","sampler":"LCM","sampler":"Restart","sampler":"k_euler","sampler":"uni_pc",\
"sampler":"dpmpp_sde","sampler":"dpmpp_2m_sde","sampler":"dpmpp_3m_sde","sampler":"res_multistep","sampler":"euler",\
"sampler":"euler_ancestral","sampler":"dpmpp_2m","scheduler":"beta","scheduler":"normal","scheduler":"simple",\
"scheduler":"exponential","scheduler":"sgm_uniform","scheduler":"ddim_uniform","scheduler":"karras",\
"scheduler":"Exponential","scheduler":"SGM Uniform","scheduler":"Simple","scheduler":"Automatic","scheduler":"Karras",\
"generator":"invokeai","generator":"fooocus","generator":"novelai","generator":"drawthings","generator":"swarmui",\
"generator":"comfyui","seed":"","steps":20,"cfg_scale":8.0,"denoise":1.0,"models":["sd_xl_base_1.0","v1-5-pruned",\
"flux1-dev","ponyDiffusionV6XL","loras":[{"name":"add_detail","weight":0.8},{"name":"","weight":0.5}],\
"embeddings":["EasyNegative"],"clip_skip":2,"hires":{"upscaler":"Latent","upscaler":"4x-UltraSharp",\
"upscaler":"R-ESRGAN 4x+","upscale":2.0,"steps":15,"denoise":0.5},"parameters":{"Lora hashes":"","TI hashes":"",\
"VAE":"","VAE hash":"","Hires prompt":"","RNG":"CPU","ENSD":"31337","Eta":"","Schedule type":"","Face restoration":\
"CodeFormer","Size":"","Style Selector":"","ADetailer model":"face_yolov8n.pt","ADetailer version":""},"denoise":0.75,\
"prompt":" <lora::1> <lora::0.8> <lora::0.6>","negative_prompt":"","generator":"a1111","loras":[{"name":"",\
"weight":0.7},{"name":"","weight":0.6}],"negative_terms":[{"text":"easynegative","weight":1.0},{"text":"watermark",\
"weight":1.0},{"text":"blurry","weight":1.2},{"text":"lowres","weight":1.0},{"text":"low quality","weight":1.4},\
{"text":"worst quality","weight":1.4},{"text":"text","weight":1.0}]},"provenance":{"created_at":{"source":"file"},\
"generation":{"source":"prompt"}}}"provenance":{"created_at":{"source":"file"},"generation":{"source":"workflow"}}}\
"provenance":{"created_at":{"source":"file"},"generation":{"source":"exif:UserComment"}}}\
"steps":25,"sampler":"DPM++ 2M","steps":30,"sampler":"DPM++ 2M","scheduler":"Karras","cfg_scale":7.0,"seed":1,\
"width":832,"height":1216,"width":1216,"height":832,"width":1024,"height":1536,"width":1536,"height":1024,\
"width":768,"height":768,"width":768,"height":1152,"width":1152,"height":768,"width":512,"height":768,"width":768,\
"height":512,"width":1024,"height":1024,"width":512,"height":512,"model_hash":"","model":"","version":"v1.6.0",\
"version":"f2.0.1v1.10.1-previous-","version":"v1.9.4","version":"v1.10.1","prompt":"masterpiece, best quality, \
{"text":"best quality","weight":1.0,"source":"prompt"},{"text":"masterpiece","weight":1.0,"source":"prompt"},\
{"text":"portrait","weight":1.0,"source":"size"},{"text":"832x1216","weight":1.0,"source":"size"}],\
{"text":"landscape","weight":1.0,"source":"size"},{"text":"1920x1080","weight":1.0,"source":"size"}],\
"weight":0.9091,"source":"prompt"},"weight":0.8264,"source":"prompt"},"weight":1.5,"source":"prompt"},\
"weight":1.4,"source":"prompt"},"weight":1.3,"source":"prompt"},"weight":1.2,"source":"prompt"},\
"weight":1.1,"source":"prompt"},{"text":"square","weight":1.0,"source":"size"},{"text":"1024x1024","weight":1.0,\
"source":"size"}],{"text":"square","weight":1.0,"source":"size"},{"text":"512x512","weight":1.0,"source":"size"}],\
"provenance":{"created_at":{"source":"file"},"generation":{"source":"parameters"},"favourite":{\
"source":"scores:sidecar","at":17},"score":{"source":"scores:sidecar","at":17}},"phash":""}\
"provenance":{"created_at":{"source":"file"},"generation":{"source":"parameters"}},"phash":""}\
{"media":{"type":"image","format":"jpeg","width":,"height":,"mode":"RGB","has_alpha":false,"created_at":"2026-\
{"media":{"type":"image","format":"png","width":1024,"height":1024,"mode":"RGB","has_alpha":false,\
"created_at":"202","created_at_certainty":"guess"},"generation":{"steps":20,"sampler":"Euler a","scheduler":\
"Automatic","cfg_scale":7.0,"seed":,"keywords":[{"text":"","weight":1.0,"source":"prompt"},{"text":\""""

#: By number, from 1 to 255.
DICTIONARIES: Final[dict[int, bytes]] = {1: (_WORDS + _CAMERA + _GENERATION).encode()}
NEWEST: Final = 1
