/* The usual emoji names and their characters; an unknown name stays as it was typed. */

const NAMES = `
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎
warning ⚠️ no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑 rotating_light 🚨 exclamation ❗ question ❓
bangbang ‼️ information_source ℹ️ red_circle 🔴 large_yellow_circle 🟡 large_green_circle 🟢
large_blue_circle 🔵 large_orange_circle 🟠 large_purple_circle 🟣 white_circle ⚪ black_circle ⚫
large_red_square 🟥 large_green_square 🟩 large_yellow_square 🟨 white_large_square ⬜ black_large_square ⬛
hourglass ⌛ hourglass_flowing_sand ⏳ stopwatch ⏱️ timer_clock ⏲️ alarm_clock ⏰ clock1 🕐 calendar 📅 date 📅
arrow_forward ▶️ arrow_backward ◀️ double_vertical_bar ⏸️ pause_button ⏸️ black_square_for_stop ⏹️ stop_button ⏹️
fast_forward ⏩ rewind ⏪ arrow_up ⬆️ arrow_down ⬇️ arrow_right ➡️ arrow_left ⬅️ repeat 🔁 arrows_counterclockwise 🔄
leftwards_arrow_with_hook ↩️ lock 🔒 unlock 🔓 closed_lock_with_key 🔐 key 🔑 old_key 🗝️ shield 🛡️
rocket 🚀 ferry ⛴️ ship 🚢 boat ⛵ anchor ⚓ ocean 🌊 satellite 📡 satellite_antenna 📡 construction 🚧
gear ⚙️ wrench 🔧 hammer 🔨 hammer_and_wrench 🛠️ toolbox 🧰 link 🔗 electric_plug 🔌 bulb 💡 fire 🔥 boom 💥 zap ⚡
bug 🐛 robot_face 🤖 package 📦 inbox_tray 📥 outbox_tray 📤 file_folder 📁 open_file_folder 📂 card_file_box 🗃️
page_facing_up 📄 scroll 📜 memo 📝 pencil 📝 pencil2 ✏️ clipboard 📋 bookmark 🔖 label 🏷️ pushpin 📌 paperclip 📎
bar_chart 📊 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 mag 🔍 mag_right 🔎 wastebasket 🗑️
computer 💻 desktop_computer 🖥️ floppy_disk 💾 globe_with_meridians 🌐 house 🏠 hospital 🏥 test_tube 🧪 broom 🧹
bell 🔔 no_bell 🔕 mega 📣 loudspeaker 📢 speech_balloon 💬 thought_balloon 💭 email 📧 envelope ✉️
eyes 👀 wave 👋 thumbsup 👍 +1 👍 thumbsdown 👎 -1 👎 clap 👏 raised_hands 🙌 pray 🙏 point_right 👉 point_up ☝️
raised_hand ✋ hand ✋ handshake 🤝 muscle 💪 ok_hand 👌 bust_in_silhouette 👤 busts_in_silhouette 👥 tada 🎉 sparkles ✨ star ⭐ trophy 🏆 heart ❤️
smile 😄 slightly_smiling_face 🙂 grin 😁 joy 😂 wink 😉 thinking_face 🤔 sweat_smile 😅 cry 😢 sob 😭 scream 😱
zzz 💤 new 🆕 ok 🆗 sos 🆘 hash #️⃣ one 1️⃣ two 2️⃣ three 3️⃣ recycle ♻️ snail 🐌 turtle 🐢 coffee ☕ crown 👑
small_blue_diamond 🔹 small_orange_diamond 🔸 heavy_minus_sign ➖ heavy_plus_sign ➕ black_small_square ▪️ ghost 👻
`;

const words = NAMES.trim().split(/\s+/);
const table = new Map();
for (let at = 0; at < words.length; at += 2) table.set(words[at], words[at + 1]);

/** Return the character of *name* (without colons), or undefined. */
export const emojiCharacter = (name) => table.get(name.split("::")[0]);

/** Return *text* with the known `:names:` replaced: for plain_text objects. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emojiCharacter(name) ?? whole);
}
